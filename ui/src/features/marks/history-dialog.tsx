import { Dialog } from '../../kit/dialog.tsx';
import type { MarkRow } from '../../kit/wire.ts';
import { History } from './history.tsx';

export default function HistoryDialog({ row, onClose }: { row: MarkRow; onClose: () => void }) {
  return (
    <Dialog title={`What happened to the mark of ${row.fullName}`} onClose={onClose}>
      {row.mark !== null && <History of="staff" id={row.mark} />}
    </Dialog>
  );
}
