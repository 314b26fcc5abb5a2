import { Alert, Button, Group, NativeSelect, Stack, Text, TextInput, Textarea, Title } from '@mantine/core';
import { IconTrash, IconUsers } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { now } from '../../kit/clock.ts';
import drawer from '../../kit/drawer.module.css';
import { calendarDay, momentOf } from '../../kit/format.ts';
import { useTimezone } from '../../kit/institute.ts';
import { asProblem } from '../../kit/problem.ts';
import { SideDrawer } from '../../kit/side-drawer.tsx';
import { Failed, Trouble } from '../../kit/states.tsx';
import { showToast } from '../../kit/toasts.tsx';
import type { Attendance, AttendanceLine, AttendanceStatus } from '../../kit/wire.ts';
import classes from './attendance.module.css';
import { correct, deleteRecord, historyOf, onlyThere, recordsOf, refreshRecords } from './queries.ts';
import { saidInWords, statuses } from './words.ts';

interface RecordDialogProps {
  first: Attendance;
  /** As the list shows it now; undefined when it has left the list. */
  listed: Attendance | undefined;
  onClose: () => void;
}

/** One record: corrected with a reason, and what happened to it so far. */
export default function RecordDialog({ first, listed, onClose }: RecordDialogProps) {
  const queries = useQueryClient();
  const [base, setBase] = useState(first);
  // A colleague's correction may take it out of what the list is filtered by: then it is looked for where it is in any case.
  const elsewhere = useQuery({ ...recordsOf(onlyThere(first), 1), enabled: listed === undefined });
  const record = listed ?? elsewhere.data?.attendance.find(({ _id }) => _id === first._id);
  const [status, setStatus] = useState(first.status);
  const [hours, setHours] = useState(String(first.hoursAttended));
  const [remarks, setRemarks] = useState(first.remarks ?? '');
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState<string | null>(null);
  const done = (title: string) => {
    void refreshRecords(queries);
    showToast({ key: 'attendance:corrected', title });
    onClose();
  };
  const lookAgain = (error: Error) => asProblem(error).status === 409 && void refreshRecords(queries);
  const changed = { status, remarks: remarks.trim() === '' ? null : remarks.trim(), hoursAttended: hours === String(base.hoursAttended) && status !== base.status ? null : Number(hours.replace(',', '.')) };
  const saving = useMutation({ mutationFn: () => correct(queries, base._id, { ...changed, reason: reason.trim(), rev: base.rev }), onSuccess: () => done('Corrected. The student sees it now.'), onError: lookAgain });
  const deleting = useMutation({ mutationFn: () => deleteRecord(base._id, base.rev, reason.trim()), onSuccess: () => done('Deleted. Its history stays.'), onError: lookAgain });
  const failed = saving.error ?? deleting.error;
  const refused = failed === null ? null : asProblem(failed);
  const isTheirs = record !== undefined && record.rev !== base.rev && !saving.isPending && !saving.isSuccess && !deleting.isSuccess;
  const withReason = (then: () => void) => {
    if (reason.trim() === '') setMissing('Write why. It stands in the history.');
    else then();
  };
  const settle = (keepMine: boolean) => {
    if (record === undefined) return;
    setBase(record);
    if (!keepMine) {
      setStatus(record.status);
      setHours(String(record.hoursAttended));
      setRemarks(record.remarks ?? '');
    }
    saving.reset();
    deleting.reset();
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    withReason(() => {
      deleting.reset();
      saving.mutate();
    });
  };
  const remove = () => withReason(() => {
    saving.reset();
    deleting.mutate();
  });
  return (
    <SideDrawer title={base.student?.fullName ?? 'Attendance'} width={520} isBusy={saving.isPending || deleting.isPending} onClose={onClose}>
      <Text mb="md">{`${base.subject} · ${base.type} · ${calendarDay(base.date)}, ${base.session.toLowerCase()}`}</Text>
      {base.canEdit && (
        <form onSubmit={submit} noValidate id="correction">
          <Stack gap="md">
            <Group grow align="flex-start">
              <NativeSelect label="Status" value={status} data={statuses} onChange={(event) => setStatus(event.currentTarget.value as AttendanceStatus)} error={refused?.fields.status} data-autofocus />
              <TextInput label={`Hours there, of ${base.totalHours}`} inputMode="decimal" value={hours} onChange={(event) => setHours(event.currentTarget.value)} error={refused?.fields.hoursAttended} />
            </Group>
            <TextInput label="Remark" description="The student can read it." value={remarks} maxLength={500} onChange={(event) => setRemarks(event.currentTarget.value)} error={refused?.fields.remarks} />
            <Textarea
              label="Reason"
              description="Why it is corrected. It stands in the history."
              value={reason}
              maxLength={500}
              onChange={(event) => {
                setReason(event.currentTarget.value);
                setMissing(null);
              }}
              error={missing ?? refused?.fields.reason}
            />
          </Stack>
        </form>
      )}
      <Title order={3} size="h5" mt="lg" mb="xs">What happened to it</Title>
      <History id={base._id} record={base} />
      {base.canEdit && (
        <div className={drawer.foot}>
          {isTheirs && (
            <Alert role="alert" variant="default" icon={<IconUsers aria-hidden="true" />} title="Somebody else corrected this just now">
              <Stack gap="xs">
                <Text size="sm">{`It is now ${record.status}, ${record.hoursAttended} of ${record.totalHours} hours. You chose ${status}.`}</Text>
                <Group gap="xs">
                  <Button size="sm" onClick={() => settle(false)}>Load theirs</Button>
                  <Button size="sm" variant="default" onClick={() => settle(true)}>Go on with mine</Button>
                </Group>
              </Stack>
            </Alert>
          )}
          {refused !== null && !isTheirs && Object.keys(refused.fields).length === 0 && <Trouble title={saving.error === null ? 'It was not deleted' : 'It was not corrected'}><Text size="sm">{refused.message}</Text></Trouble>}
          <Group justify="space-between">
            <Button variant="subtle" className={classes.delete} leftSection={<IconTrash size={18} aria-hidden="true" />} loading={deleting.isPending} disabled={isTheirs} onClick={remove}>Delete</Button>
            <Button type="submit" form="correction" loading={saving.isPending} disabled={isTheirs}>Correct</Button>
          </Group>
        </div>
      )}
    </SideDrawer>
  );
}

const happened: Record<string, string> = { corrected: 'Corrected', deleted: 'Deleted', overtaken: 'Came too late, did not count' };
const ways: Record<string, string> = { form: 'with the form', board: 'on the board', correction: 'as a correction', import: 'from a file' };

function History({ id, record }: { id: string; record: Attendance }) {
  const timezone = useTimezone();
  const history = useQuery(historyOf(id));
  if (history.isPending) return <Text size="sm" c="dimmed" role="status">Loading…</Text>;
  if (history.isError) return <Failed error={history.error} retry={() => void history.refetch()} retrying={history.isFetching} />;
  return (
    <ol className={classes.history}>
      <li><Text size="sm"><strong>Recorded</strong>{` ${momentOf(record.recordedAt, timezone, now())}${record.recordedBy === null ? '' : ` by ${record.recordedBy.fullName}`}`}</Text></li>
      {history.data.map((line, index) => <li key={index}><Line line={line} /></li>)}
    </ol>
  );
}

function Line({ line }: { line: AttendanceLine }) {
  const timezone = useTimezone();
  return (
    <>
      <Text size="sm">
        <strong>{happened[line.action] ?? line.action}</strong>
        {` ${momentOf(line.at, timezone, now())}${line.by === null ? '' : ` by ${line.by.fullName}`}, ${ways[line.way] ?? line.way}`}
      </Text>
      {line.before !== null && line.after !== null && <Text size="sm">{`${saidInWords(line.before)} became ${saidInWords(line.after)}`}</Text>}
      {line.reason !== null && <Text size="sm" c="dimmed">{`Why: ${line.reason}`}</Text>}
    </>
  );
}
