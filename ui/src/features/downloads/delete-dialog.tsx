import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { asProblem } from '../../kit/problem.ts';
import { useReturnFocus } from '../../kit/return-focus.ts';
import { Trouble } from '../../kit/states.tsx';
import { showToast } from '../../kit/toasts.tsx';
import type { ManagedDownload } from '../../kit/wire.ts';
import { changeForStaff, deleteDownload } from './queries.ts';

export default function DeleteDialog({ item, onClose }: { item: ManagedDownload; onClose: () => void }) {
  useReturnFocus();
  const queries = useQueryClient();
  const deleting = useMutation({
    mutationFn: () => deleteDownload(item._id).catch((error: unknown) => {
      // Somebody else deleted it first: that is what was wanted.
      if (asProblem(error).status !== 404) throw error;
    }),
    onSuccess: () => {
      changeForStaff(queries, { type: 'deleted', _id: item._id });
      showToast({ key: `downloads:deleted:${item._id}`, title: `Deleted: ${item.title}` });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title="Delete this study material?" centered closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack>
        <Text style={{ overflowWrap: 'anywhere' }}><strong>{item.title}</strong></Text>
        <Text>
          {item.audienceText === '' ? 'It vanishes at once from every page where it is open.' : `It vanishes at once from the pages of: ${item.audienceText}.`}
          {' '}
          The file cannot be brought back.
        </Text>
        {deleting.error !== null && <Trouble title="It was not deleted"><Text size="sm">{asProblem(deleting.error).message}</Text></Trouble>}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>Keep it</Button>
          <Button color="red.9" onClick={() => deleting.mutate()} loading={deleting.isPending}>Delete</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
