import { Button, Drawer, Group, Text } from '@mantine/core';
import { IconArchive, IconKey, IconPencil, IconRestore } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { Link } from 'react-router';
import { now } from '../../kit/clock.ts';
import { ConfirmDialog } from '../../kit/confirm-dialog.tsx';
import { Credentials } from '../../kit/credentials.tsx';
import { calendarDay, dayOf } from '../../kit/format.ts';
import { useTimezone } from '../../kit/institute.ts';
import { ListSkeleton } from '../../kit/list-states.tsx';
import { part } from '../../kit/part.ts';
import { asProblem } from '../../kit/problem.ts';
import { useReturnFocus } from '../../kit/return-focus.ts';
import { Failed, Trouble } from '../../kit/states.tsx';
import { showToast } from '../../kit/toasts.tsx';
import type { StudentPassword, StudentRow } from '../../kit/wire.ts';
import { draftOf, fields, labels } from './draft.ts';
import { deleteStudent, oneStudent, refreshStudents, resetPassword, restoreStudent } from './students.ts';
import classes from './students.module.css';

const StudentForm = part(() => import('./student-form.tsx'));

/** One student, and what the office can do about them. */
export default function StudentView({ id, isOffice, onClose }: { id: string; isOffice: boolean; onClose: () => void }) {
  useReturnFocus();
  const queries = useQueryClient();
  const query = useQuery(oneStudent(id));
  const [doing, setDoing] = useState<'edit' | 'delete' | 'password' | null>(null);
  const [given, setGiven] = useState<StudentPassword | null>(null);
  const restoring = useMutation({ mutationFn: () => restoreStudent(id), onSuccess: () => refreshStudents(queries) });
  const student = query.data;
  const isGone = query.error !== null && asProblem(query.error).status === 404;
  return (
    // What is open above it hears the Escape key too, and closes alone.
    <Drawer opened onClose={onClose} position="right" size="clamp(320px, 100vw, 560px)" title={student?.fullName ?? 'Student'} closeOnEscape={doing === null && given === null} closeButtonProps={{ 'aria-label': 'Close', size: 'lg' }}>
      {student === undefined && query.isPending && <ListSkeleton rows={2} />}
      {student === undefined && query.isError && (isGone ? <Trouble><Text size="sm">This student is not there any more.</Text></Trouble> : <Failed error={query.error} retry={() => void query.refetch()} retrying={query.isFetching} />)}
      {student !== undefined && (
        <>
          {isGone && <Trouble><Text size="sm">This student was deleted just now.</Text></Trouble>}
          <Details student={student} />
          <Group gap="xs" mt="lg">
            <Button variant="default" component={Link} to={`/attendance/records?studentId=${encodeURIComponent(id)}`}>Attendance</Button>
            {isOffice && !student.isArchived && (
              <>
                <Button leftSection={<IconPencil size={18} aria-hidden="true" />} onClick={() => setDoing('edit')}>Edit</Button>
                <Button variant="default" leftSection={<IconKey size={18} aria-hidden="true" />} onClick={() => setDoing('password')}>New password</Button>
                <Button variant="subtle" className={classes.delete} leftSection={<IconArchive size={18} aria-hidden="true" />} onClick={() => setDoing('delete')}>Delete</Button>
              </>
            )}
            {isOffice && student.isArchived && <Button leftSection={<IconRestore size={18} aria-hidden="true" />} loading={restoring.isPending} onClick={() => restoring.mutate()}>Bring back</Button>}
          </Group>
          {restoring.error !== null && <Trouble title="The student was not brought back"><Text size="sm">{asProblem(restoring.error).message}</Text></Trouble>}
          <Suspense fallback={null}>{doing === 'edit' && <StudentForm student={student} onAdded={() => undefined} onClose={() => setDoing(null)} />}</Suspense>
          {doing === 'password' && (
            <ConfirmDialog title={`New password for ${student.fullName}?`} confirm="Make a new password" keep="Cancel" refusal="The password was not changed" run={async () => setGiven(await resetPassword(id))} onDone={() => undefined} onClose={() => setDoing(null)}>
              <Text>A new password is made and shown to you once. All devices of the student are signed out at once.</Text>
            </ConfirmDialog>
          )}
          {doing === 'delete' && (
            <ConfirmDialog
              title={`Delete ${student.fullName}?`}
              confirm="Delete"
              refusal="The student was not deleted"
              run={async () => {
                const { archived } = await deleteStudent(id);
                showToast({ key: 'students:deleted', title: archived ? `Archived: ${student.fullName}` : `Deleted: ${student.fullName}`, text: archived ? 'There are records, which keep the name. Choose “Archived” in the filter to bring them back.' : undefined });
              }}
              onDone={() => {
                void refreshStudents(queries);
                onClose();
              }}
              onClose={() => setDoing(null)}
            >
              <Text>The student can no longer sign in, and the seat is free. If there is attendance or a mark, the student is archived and can be brought back.</Text>
            </ConfirmDialog>
          )}
          {given !== null && (
            <Credentials title="New password" name={student.fullName} lines={[['Student ID', given.studentId], ['Email', given.instituteEmail], ['Password', given.newPassword ?? '']]} onClose={() => setGiven(null)} />
          )}
        </>
      )}
    </Drawer>
  );
}

function Details({ student }: { student: StudentRow }) {
  const timezone = useTimezone();
  const draft = draftOf(student);
  const lines: [string, string][] = [
    ['Student ID', student.studentId],
    ['Course', student.courseEnrolled === undefined ? '' : `${student.courseEnrolled.courseCode}, semester ${student.semester}`],
    ['Began in', String(student.batchYear)],
    ['Signs in as', student.email ?? ''],
    ...fields.filter((field) => !['firstName', 'lastName', 'courseEnrolled', 'semester', 'admissionYear', 'isActive'].includes(field)).map((field): [string, string] => [labels[field], field === 'dateOfBirth' && draft[field] !== '' ? calendarDay(draft[field]) : draft[field]]),
    ['Last signed in', student.lastLogin == null ? '' : dayOf(student.lastLogin, timezone, now())],
  ];
  return (
    <>
      {student.isArchived && <Text fw={600} c="var(--caution)" mb="sm">Archived: in no list, cannot sign in</Text>}
      {student.isActive === false && !student.isArchived && <Text fw={600} c="var(--caution)" mb="sm">May not sign in</Text>}
      <dl className={classes.details}>
        {lines.filter(([, value]) => value !== '').map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
