import { NativeSelect, Text, VisuallyHidden } from '@mantine/core';
import { IconCalendarOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { memo } from 'react';
import { useAddressFilter } from '../../kit/address-filter.ts';
import { dayIn, now } from '../../kit/clock.ts';
import { ExportMenu } from '../../kit/export-menu.tsx';
import { countSet, Filters } from '../../kit/filters.tsx';
import { calendarDay, plural } from '../../kit/format.ts';
import { useTimezone } from '../../kit/institute.ts';
import { ListStates } from '../../kit/list-states.tsx';
import { PageHead } from '../../kit/page.tsx';
import { Cell, Records } from '../../kit/records.tsx';
import { Empty } from '../../kit/states.tsx';
import type { AttendanceReportRow } from '../../kit/wire.ts';
import { Freshness } from '../../realtime/freshness.tsx';
import { useLivePolling } from '../../realtime/live.tsx';
import classes from './attendance.module.css';
import { ClassFilters } from './class-filters.tsx';
import { reportOf } from './queries.ts';
import { AttendancePages } from './sub-pages.tsx';

const names = ['course', 'semester', 'month', 'year', 'subject', 'type'] as const;
const months = Array.from({ length: 12 }, (_, index) => new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', month: 'long' }).format(Date.UTC(2026, index, 1)));
const kinds = ['Theory', 'Practical', 'Clinical', 'Tutorial', 'Lab'];

/** The attendance of a class over a month or a year, student by student. */
export default function ReportPage() {
  const timezone = useTimezone();
  const [filter, setFilter] = useAddressFilter(names);
  const [thisYear, thisMonth] = dayIn(timezone, now()).split('-').map(Number) as [number, number];
  const year = filter.year === '' ? String(thisYear) : filter.year;
  // "whole" is a choice of this page: no month means the whole year to the server, and the current month to whoever comes here first.
  const month = filter.month === '' ? String(thisMonth) : filter.month;
  const wanted = { ...filter, year, month: month === 'whole' ? '' : month };
  const report = useQuery({ ...reportOf(wanted), refetchInterval: useLivePolling() });
  const { data } = report;
  return (
    <>
      <PageHead title="Attendance" tab="Attendance report" line={<Freshness of={report} />} action={<ExportMenu path="/admin/attendance/report/export" query={{ ...wanted }} name="attendance report" formats={['csv', 'xlsx', 'pdf']} disabled={data === undefined || data.students.length === 0} />} />
      <AttendancePages />
      <Filters set={countSet(filter)}>
        <NativeSelect label="Month" value={month} data={[{ value: 'whole', label: 'Whole year' }, ...months.map((label, index) => ({ value: String(index + 1), label }))]} onChange={(event) => setFilter({ month: event.currentTarget.value })} />
        <NativeSelect label="Year" value={year} data={Array.from({ length: 6 }, (_, ago) => String(thisYear - ago))} onChange={(event) => setFilter({ year: event.currentTarget.value })} />
        <ClassFilters course={filter.course} semester={filter.semester} subject={filter.subject} onChange={setFilter} />
        <NativeSelect label="Kind of class" value={filter.type} data={[{ value: '', label: 'All' }, ...kinds]} onChange={(event) => setFilter({ type: event.currentTarget.value })} />
      </Filters>
      <ListStates
        query={report}
        isEmpty={data === undefined || data.students.length === 0}
        empty={<Empty icon={<IconCalendarOff size={32} stroke={1.5} />} title="No classes">No class was held in this time. Choose another month or class.</Empty>}
      >
        {data !== undefined && (
          <>
            <Text mb="sm" role="status">
              <strong>{`${data.averagePercentage} % on average`}</strong>
              {` · ${plural(data.totalStudents, 'student')}, ${plural(data.totalDays, 'day')} with classes, ${calendarDay(data.from)} to ${calendarDay(data.to)}`}
            </Text>
            <VisuallyHidden component="h2">Students</VisuallyHidden>
            <Records caption={`Attendance of ${data.courseName}, by student`} columns={['Student', 'Attended', 'Absent', 'Leave', 'Hours', 'By kind', 'Percent']} isBusy={report.isPlaceholderData}>
              {data.students.map((row) => <Row key={row._id} row={row} />)}
            </Records>
          </>
        )}
      </ListStates>
    </>
  );
}

/** One of hundreds: drawn again only when something is said of this student. */
const Row = memo(function Row({ row }: { row: AttendanceReportRow }) {
  return (
    <tr>
      <th scope="row"><Text fw={600} component="span" display="block">{row.fullName}</Text><Text size="sm" c="dimmed" component="span">{row.studentId}</Text></th>
      <Cell label="Attended" isNumber>{`${row.presentDays + row.lateDays} of ${row.totalDays}`}</Cell>
      <Cell label="Absent" isNumber>{row.absentDays}</Cell>
      <Cell label="Leave" isNumber>{row.leaveDays}</Cell>
      <Cell label="Hours" isNumber>{row.totalHours}</Cell>
      <Cell label="By kind">
        {row.byType.map((kind) => (
          <Text key={kind.type} size="sm" className={classes.kind} data-short={kind.isShort || undefined}>{`${kind.type} ${kind.percentage} %${kind.isShort ? `, needs ${kind.threshold} %` : ''}`}</Text>
        ))}
      </Cell>
      <Cell label="Percent" isNumber><Text fw={650} component="span">{`${row.percentage} %`}</Text></Cell>
    </tr>
  );
});
