import { useQueryClient } from '@tanstack/react-query';
import { plural } from '../../kit/format.ts';
import { ImportDrawer } from '../../kit/import-drawer.tsx';
import { showToast } from '../../kit/toasts.tsx';
import type { MarkImportRow, MarkSheet } from '../../kit/wire.ts';
import { partName, shown } from './cells.ts';
import { applyMarks, gridKey } from './queries.ts';

const limitBytes = 4 * 1024 * 1024;

function describe({ studentId, studentName, cells, error }: MarkImportRow): { who: string; what: string; wrong: string[] } {
  const what = cells.map(({ part, value, was }) => {
    const now = shown(value);
    return was == null || was === value ? `${partName[part]} ${now}` : `${partName[part]} ${shown(was)} becomes ${now}`;
  });
  return { who: [studentName, studentId].filter(Boolean).join(' · '), what: what.join(', '), wrong: error == null ? [] : [error] };
}

export default function ImportDialog({ sheet, onClose }: { sheet: MarkSheet; onClose: () => void }) {
  const queries = useQueryClient();
  return (
    <ImportDrawer<MarkImportRow>
      title={`Import marks of ${sheet.subject}`}
      hint="A table (CSV or Excel) with the column Student ID and one for each part: Theory, Practical, Viva, Assignment. AB is absent, WH is withheld. An empty cell leaves what is there."
      path={`/admin/marks/sheets/${encodeURIComponent(sheet._id)}/imports`}
      limitBytes={limitBytes}
      describe={describe}
      apply={async ({ _id }) => {
        const { success } = await applyMarks(_id);
        await queries.invalidateQueries({ queryKey: gridKey(sheet._id) });
        showToast({ key: 'marks:imported', title: `${plural(success, 'row')} entered` });
      }}
      onClose={onClose}
    />
  );
}
