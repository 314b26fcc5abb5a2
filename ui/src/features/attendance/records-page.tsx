import { Button, Group, NativeSelect, Text, TextInput, VisuallyHidden } from '@mantine/core';
import { IconCalendarOff, IconPencil, IconSearchOff, IconUpload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { useAddressFilter } from '../../kit/address-filter.ts';
import { dayIn, now } from '../../kit/clock.ts';
import { ExportMenu } from '../../kit/export-menu.tsx';
import { countSet, Filters } from '../../kit/filters.tsx';
import { calendarDay, number, plural } from '../../kit/format.ts';
import { useTimezone } from '../../kit/institute.ts';
import { ListStates, ShowAll } from '../../kit/list-states.tsx';
import { PageHead } from '../../kit/page.tsx';
import { part } from '../../kit/part.ts';
import { Cell, Records } from '../../kit/records.tsx';
import { Empty } from '../../kit/states.tsx';
import type { Attendance } from '../../kit/wire.ts';
import { Freshness } from '../../realtime/freshness.tsx';
import { useLivePolling } from '../../realtime/live.tsx';
import classes from './attendance.module.css';
import { ClassFilters } from './class-filters.tsx';
import { recordsOf } from './queries.ts';
import { AttendancePages } from './sub-pages.tsx';
import { statuses, tone } from './words.ts';

const RecordDialog = part(() => import('./record-dialog.tsx'));
const ImportDialog = part(() => import('./import-dialog.tsx'));

const names = ['from', 'to', 'course', 'semester', 'subject', 'status', 'studentId', 'page'] as const;
const everything = { from: '', to: '', course: '', semester: '', subject: '', status: '', studentId: '', page: '' };

/** What was recorded, to be looked up and corrected. */
export default function RecordsPage() {
  const timezone = useTimezone();
  const [{ page, ...filter }, setFilter] = useAddressFilter(names);
  const list = useQuery({ ...recordsOf(filter, Number(page) || 1), refetchInterval: useLivePolling() });
  const [correcting, setCorrecting] = useState<Attendance | null>(null);
  const [isImporting, setImporting] = useState(false);
  const change = (to: Partial<typeof everything>) => setFilter({ page: '', ...to });
  const today = dayIn(timezone, now());
  const records = list.data?.attendance ?? [];
  const stats = list.data?.stats;
  const isFiltered = countSet(filter) > 0;
  return (
    <>
      <PageHead title="Attendance" tab="Attendance records" line={<Freshness of={list} />} action={(
          <Group gap="xs">
            <Button variant="default" leftSection={<IconUpload size={18} aria-hidden="true" />} onClick={() => setImporting(true)}>Import</Button>
            <ExportMenu path="/admin/attendance/export" query={{ ...filter }} name="attendance" formats={['csv', 'xlsx']} disabled={records.length === 0} />
          </Group>
        )} />
      <AttendancePages />
      <Filters set={countSet(filter)}>
        <TextInput type="date" label="From" value={filter.from} max={today} onChange={(event) => change({ from: event.currentTarget.value })} />
        <TextInput type="date" label="To" value={filter.to} max={today} onChange={(event) => change({ to: event.currentTarget.value })} />
        <ClassFilters course={filter.course} semester={filter.semester} subject={filter.subject} onChange={change} />
        <NativeSelect label="Status" value={filter.status} data={[{ value: '', label: 'All' }, ...statuses]} onChange={(event) => change({ status: event.currentTarget.value })} />
      </Filters>
      <Group justify="space-between" mb="sm" mih={30}>
        <Text fw={600} role="status">{stats === undefined ? '' : stats === null ? `${plural(list.data?.total ?? 0, 'record')} or more` : `${plural(list.data?.total ?? 0, 'record')}: ${number(stats.attended)} of ${number(stats.total)} attended, ${stats.percentage} %`}</Text>
        {filter.studentId !== '' && <Button size="sm" variant="light" onClick={() => change({ studentId: '' })}>Show all students</Button>}
      </Group>
      <VisuallyHidden component="h2">Records</VisuallyHidden>
      <ListStates
        query={list}
        isEmpty={records.length === 0}
        pages={{ of: list.data?.pagination, onPage: (next) => setFilter({ page: next === 1 ? '' : String(next) }) }}
        empty={isFiltered
          ? <Empty icon={<IconSearchOff size={32} stroke={1.5} />} title="Nothing found" action={<ShowAll onClick={() => setFilter(everything)} />}>No record matches. Choose other days or another class.</Empty>
          : <Empty icon={<IconCalendarOff size={32} stroke={1.5} />} title="Nothing recorded yet">Call the roll of a class, or import a file.</Empty>}
      >
        <Records caption="Attendance, newest first" columns={['Student', 'Class', 'Day', 'Status', 'Hours', '']} isBusy={list.isPlaceholderData}>
          {records.map((record) => (
            <tr key={record._id}>
              <th scope="row">
                <Text fw={600} component="span" display="block">{record.student?.fullName ?? 'Somebody who was deleted'}</Text>
                {record.student !== null && (
                  <button type="button" className={classes.only} onClick={() => change({ studentId: record.student?._id ?? '' })} aria-label={`Only ${record.student.fullName}`}>{record.student.studentId}</button>
                )}
              </th>
              <Cell label="Class">{`${record.subject} · ${record.type}`}<Text size="sm" c="dimmed">{`${record.course?.courseCode ?? ''}, semester ${record.semester}`}</Text></Cell>
              <Cell label="Day" isNumber>{calendarDay(record.date)}<Text size="sm" c="dimmed">{record.session}</Text></Cell>
              <Cell label="Status"><span className={classes.state} data-tone={tone(record.status)}>{record.status}</span></Cell>
              <Cell label="Hours" isNumber>{`${record.hoursAttended} of ${record.totalHours}`}</Cell>
              <Cell>
                <Button size="sm" variant="subtle" leftSection={<IconPencil size={18} aria-hidden="true" />} onClick={() => setCorrecting(record)} aria-label={`${record.canEdit ? 'Correct' : 'History of'} ${record.student?.fullName ?? ''}, ${record.subject}, ${calendarDay(record.date)}`}>{record.canEdit ? 'Correct' : 'History'}</Button>
              </Cell>
            </tr>
          ))}
        </Records>
      </ListStates>
      <Suspense fallback={null}>
        {correcting !== null && <RecordDialog first={correcting} listed={records.find(({ _id }) => _id === correcting._id)} onClose={() => setCorrecting(null)} />}
        {isImporting && <ImportDialog onClose={() => setImporting(false)} />}
      </Suspense>
    </>
  );
}
