import { Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Dialog } from '../../kit/dialog.tsx';
import { asProblem } from '../../kit/problem.ts';
import { Trouble } from '../../kit/states.tsx';
import type { MarkSheet } from '../../kit/wire.ts';
import { gridKey, recallSheet } from './queries.ts';

export default function RecallDialog({ sheet, onClose }: { sheet: MarkSheet; onClose: () => void }) {
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const recalling = useMutation({
    mutationFn: () => recallSheet(sheet._id, reason),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: gridKey(sheet._id) });
      onClose();
    },
  });
  return (
    <Dialog title={`Recall the marks of ${sheet.subject}?`} isBusy={recalling.isPending} onClose={onClose}>
      <Stack>
        <Text>The students can no longer see them, and are told that they were taken back.</Text>
        <Textarea label="Reason" description="It stands in the history of each mark." required value={reason} onChange={(event) => setReason(event.currentTarget.value)} maxLength={500} data-autofocus />
        {recalling.error !== null && <Trouble title="They were not recalled"><Text size="sm">{asProblem(recalling.error).message}</Text></Trouble>}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} disabled={recalling.isPending}>Keep them</Button>
          <Button color="red.9" onClick={() => recalling.mutate()} loading={recalling.isPending} disabled={reason.trim() === ''}>Recall</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
