import { useQueryClient } from '@tanstack/react-query';
import { plural } from '../../kit/format.ts';
import { ImportDrawer } from '../../kit/import-drawer.tsx';
import { showToast } from '../../kit/toasts.tsx';
import type { StudentImportRow } from '../../kit/wire.ts';
import { applyStudents, importState, refreshStudents } from './students.ts';

const limitBytes = 4 * 1024 * 1024;

function describe({ studentId, cells, changes, errors, action }: StudentImportRow): { who: string; what: string; wrong: string[] } {
  const name = [cells.firstName, cells.lastName].filter(Boolean).join(' ');
  const what = action === 'change' ? changes.map(({ column, from, to }) => `${column}: ${from === '' ? 'nothing' : from} becomes ${to === '' ? 'nothing' : to}`).join('; ') : [cells.courseEnrolled, cells.personalEmail].filter(Boolean).join(' · ');
  return { who: [name, studentId].filter(Boolean).join(' · '), what, wrong: errors.map(({ column, message }) => (column === '' ? message : `${column}: ${message}`)) };
}

export default function ImportDialog({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  return (
    <ImportDrawer<StudentImportRow>
      title="Import students"
      hint="A table (CSV or Excel) with a row for each student: First Name, Personal Email, Mobile Number and Course Code, and what else you know. A row with a Student ID that exists changes that student. A table that was saved here can be changed and chosen again."
      path="/admin/students/imports"
      limitBytes={limitBytes}
      describe={describe}
      apply={async ({ _id }) => {
        const { success } = await applyStudents(_id);
        await refreshStudents(queries);
        showToast({ key: 'students:imported', title: `${plural(success, 'row')} saved`, text: 'New students sign in when you have given them a password.' });
      }}
      progress={async ({ _id }) => (await importState(_id)).done}
      onClose={onClose}
    />
  );
}
