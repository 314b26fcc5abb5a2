import { Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { ConfirmDialog } from '../../kit/confirm-dialog.tsx';
import { asProblem } from '../../kit/problem.ts';
import { showToast } from '../../kit/toasts.tsx';
import type { ManagedDownload } from '../../kit/wire.ts';
import { changeForStaff, deleteDownload } from './queries.ts';

export default function DeleteDialog({ item, onClose }: { item: ManagedDownload; onClose: () => void }) {
  const queries = useQueryClient();
  return (
    <ConfirmDialog
      title="Delete this study material?"
      confirm="Delete"
      refusal="It was not deleted"
      run={() => deleteDownload(item._id).catch((error: unknown) => {
        // Somebody else deleted it first: that is what was wanted.
        if (asProblem(error).status !== 404) throw error;
      })}
      onDone={() => {
        changeForStaff(queries, { type: 'deleted', _id: item._id });
        showToast({ key: `downloads:deleted:${item._id}`, title: `Deleted: ${item.title}` });
      }}
      onClose={onClose}
    >
      <Text><strong>{item.title}</strong></Text>
      <Text>
        {item.audienceText === '' ? 'It vanishes at once from every page where it is open.' : `It vanishes at once from the pages of: ${item.audienceText}.`}
        {' '}
        The file cannot be brought back.
      </Text>
    </ConfirmDialog>
  );
}
