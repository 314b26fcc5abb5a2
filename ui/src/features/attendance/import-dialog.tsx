import { useQueryClient } from '@tanstack/react-query';
import { calendarDay, plural } from '../../kit/format.ts';
import { ImportDrawer } from '../../kit/import-drawer.tsx';
import { showToast } from '../../kit/toasts.tsx';
import type { AttendanceImportRow } from '../../kit/wire.ts';
import { applyImport, refreshRecords } from './queries.ts';

const limitBytes = 4 * 1024 * 1024;

function describe({ studentId, said, was, error }: AttendanceImportRow): { who: string; what: string; wrong: string[] } {
  const wrong = error === null ? [] : [error];
  if (said === null) return { who: studentId, what: '', wrong };
  const status = was !== null && was !== said.status ? `${was} becomes ${said.status}` : said.status;
  return { who: studentId, what: `${said.subject}, ${calendarDay(said.date)}, ${said.session.toLowerCase()}: ${status}`, wrong };
}

export default function ImportDialog({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  return (
    <ImportDrawer<AttendanceImportRow>
      title="Import attendance"
      hint="A table (CSV or Excel) with a row for each student and class. It needs the columns Date, Student ID, Course, Subject and Status; Semester, Session, Type, Hours Attended, Total Hours and Remarks may be there too. What it does not say stays as it is recorded."
      path="/admin/attendance/imports"
      limitBytes={limitBytes}
      describe={describe}
      apply={async ({ _id }) => {
        const { success } = await applyImport(_id);
        await refreshRecords(queries);
        showToast({ key: 'attendance:imported', title: `${plural(success, 'record')} saved. The students see them now.` });
      }}
      onClose={onClose}
    />
  );
}
