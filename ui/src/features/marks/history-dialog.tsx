import { Modal } from '@mantine/core';
import { useReturnFocus } from '../../kit/return-focus.ts';
import type { MarkRow } from '../../kit/wire.ts';
import { History } from './history.tsx';

export default function HistoryDialog({ row, onClose }: { row: MarkRow; onClose: () => void }) {
  useReturnFocus();
  return (
    <Modal opened onClose={onClose} title={`What happened to the mark of ${row.fullName}`} centered closeButtonProps={{ 'aria-label': 'Close' }}>
      {row.mark !== null && <History of="staff" id={row.mark} />}
    </Modal>
  );
}
