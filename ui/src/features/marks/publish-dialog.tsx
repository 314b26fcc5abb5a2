import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Dialog } from '../../kit/dialog.tsx';
import { plural } from '../../kit/format.ts';
import { asProblem, isUnknown } from '../../kit/problem.ts';
import { Failed, Trouble } from '../../kit/states.tsx';
import type { MarkSheet } from '../../kit/wire.ts';
import classes from './grid.module.css';
import { gridKey, publishSheet, rehearsalOf } from './queries.ts';

/** What would be published, to be looked at before it is. */
export default function PublishDialog({ sheet, onClose }: { sheet: MarkSheet; onClose: () => void }) {
  const queries = useQueryClient();
  const rehearsal = useQuery(rehearsalOf(sheet._id));
  const publishing = useMutation({
    mutationFn: (digest: string) => publishSheet(sheet._id, digest),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: gridKey(sheet._id) });
      onClose();
    },
    onError: () => {
      // Without an answer nobody knows whether it was done: the sheet says so, and this closes when it was.
      void queries.invalidateQueries({ queryKey: gridKey(sheet._id) });
      // Changed since it was looked at: only what is shown here may be published.
      void queries.invalidateQueries({ queryKey: rehearsalOf(sheet._id).queryKey });
    },
  });
  const data = rehearsal.data;
  const names = (people: { fullName: string }[]) => people.map(({ fullName }) => fullName).join(', ');
  return (
    <Dialog title={`Publish ${sheet.subject}?`} size="lg" isBusy={publishing.isPending} onClose={onClose}>
      <Stack>
        {rehearsal.isPending && <Text role="status">Looking at what would be published…</Text>}
        {rehearsal.isError && <Failed error={rehearsal.error} retry={() => void rehearsal.refetch()} retrying={rehearsal.isFetching} />}
        {data !== undefined && (
          <>
            <Text>
              <strong>{`${plural(data.students.length, 'student')} will see their mark`}</strong>
              {` and be told: ${data.passed} passed, ${data.failed} not passed, ${data.absent} absent, ${data.withheld} withheld.`}
            </Text>
            {data.exceedsCap && <Trouble title={`The class average is ${data.average} %`}><Text size="sm">{`The council sends internal marks back whose average is above ${data.averageCap} %.`}</Text></Trouble>}
            {data.blank.length > 0 && <Text size="sm" className={classes.caution}>{`Without a mark: ${names(data.blank)}.`}</Text>}
            {data.incomplete.length > 0 && <Text size="sm" className={classes.caution}>{`Not complete: ${names(data.incomplete)}.`}</Text>}
            {data.outOfRange.length > 0 && <Text size="sm" className={classes.caution}>{`Out of range: ${names(data.outOfRange)}.`}</Text>}
            <div className={classes.rehearsal}>
              <table>
                <thead><tr><th scope="col">Student</th><th scope="col">Will see</th></tr></thead>
                <tbody>
                  {data.students.map((student) => (
                    <tr key={student._id}>
                      <th scope="row">{student.fullName}</th>
                      <td>{`${student.obtained} / ${student.max} ${student.grade} ${student.resultStatus}${student.before == null ? '' : ` (saw ${String(student.before.total)} before)`}`}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            <Text size="sm" c="dimmed">{`You can undo it for ${data.undoSeconds} seconds. Until then nobody sees or hears anything.`}</Text>
          </>
        )}
        {publishing.isError && (
          <Trouble title={isUnknown(publishing.error) ? 'There was no answer' : 'It was not published'}>
            <Text size="sm">{isUnknown(publishing.error) ? 'It may be published all the same. This closes by itself if it is; if it stays open when you are live again, publish once more.' : asProblem(publishing.error).message}</Text>
          </Trouble>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} disabled={publishing.isPending} data-autofocus>Not yet</Button>
          <Button onClick={() => data !== undefined && publishing.mutate(data.digest)} loading={publishing.isPending} disabled={data === undefined || data.students.length === 0}>Publish</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
