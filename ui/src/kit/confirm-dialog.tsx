import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Dialog } from './dialog.tsx';
import { asProblem } from './problem.ts';
import { Trouble } from './states.tsx';

interface ConfirmDialogProps {
  title: string;
  /** What will happen. */
  children: ReactNode;
  /** The word on the button that does it. */
  confirm: string;
  /** The word on the button that does not. */
  keep?: string;
  /** What to say when it did not work. */
  refusal: string;
  run: () => Promise<unknown>;
  onDone: () => void;
  onClose: () => void;
}

/** Asks before something that is hard to take back. */
export function ConfirmDialog({ title, children, confirm, keep = 'Keep it', refusal, run, onDone, onClose }: ConfirmDialogProps) {
  const doing = useMutation({
    mutationFn: run,
    onSuccess: () => {
      onDone();
      onClose();
    },
  });
  return (
    <Dialog title={title} isBusy={doing.isPending} onClose={onClose}>
      <Stack style={{ overflowWrap: 'anywhere' }}>
        {children}
        {doing.error !== null && <Trouble title={refusal}><Text size="sm">{asProblem(doing.error).message}</Text></Trouble>}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} disabled={doing.isPending} data-autofocus>{keep}</Button>
          <Button color="red.9" onClick={() => doing.mutate()} loading={doing.isPending}>{confirm}</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
