import { Button, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconCalendarOff, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { useAddressFilter } from '../../kit/address-filter.ts';
import { dayIn, now } from '../../kit/clock.ts';
import { calendarDay } from '../../kit/format.ts';
import { useTimezone } from '../../kit/institute.ts';
import { ListStates } from '../../kit/list-states.tsx';
import { PageHead } from '../../kit/page.tsx';
import { Empty } from '../../kit/states.tsx';
import type { AttendanceClass } from '../../kit/wire.ts';
import { Freshness } from '../../realtime/freshness.tsx';
import { useLivePolling } from '../../realtime/live.tsx';
import { ClassForm } from './class-form.tsx';
import { classesOf } from './queries.ts';
import { AttendancePages } from './sub-pages.tsx';
import classes from './attendance.module.css';

const filters = ['date'] as const;

/** The wall: the classes of a day, which are taken and where somebody is missing. */
export function Today() {
  const timezone = useTimezone();
  const today = dayIn(timezone, now());
  const [filter, setFilter] = useAddressFilter(filters);
  const date = filter.date === '' ? today : filter.date;
  const list = useQuery({ ...classesOf(date), refetchInterval: useLivePolling() });
  const [isOpening, setOpening] = useState(false);
  const rows = list.data ?? [];
  const taken = rows.filter((row) => row.taken).length;
  return (
    <>
      <PageHead
        title="Attendance"
        line={<Freshness of={list} />}
        action={<Button leftSection={<IconPlus size={18} aria-hidden="true" />} aria-expanded={isOpening} onClick={() => setOpening(!isOpening)}>Open a class</Button>}
      />
      <AttendancePages />
      {isOpening && <ClassForm today={today} known={rows.map(({ subject }) => subject)} />}
      <Group justify="space-between" align="flex-end" mb="sm" gap="sm">
        <div>
          <Title order={2} size="h4">{date === today ? 'Classes today' : `Classes on ${calendarDay(date)}`}</Title>
          <Text size="sm" c="dimmed" role="status">{rows.length === 0 ? 'None yet' : `${taken} of ${rows.length} taken`}</Text>
        </div>
        <TextInput type="date" label="Day" value={date} max={today} onChange={(event) => setFilter({ date: event.currentTarget.value })} />
      </Group>
      <ListStates
        query={list}
        isEmpty={rows.length === 0}
        empty={(
          <Empty icon={<IconCalendarOff size={32} stroke={1.5} />} title="No classes yet">
            Open a class to call the roll. Everybody who teaches the course can mark in it at the same time.
          </Empty>
        )}
      >
        <ul className={classes.wall}>{rows.map((row) => <li key={row._id ?? `${row.course?._id} ${row.semester} ${row.subject} ${row.session}`}><ClassCard row={row} /></li>)}</ul>
      </ListStates>
    </>
  );
}

function state({ taken, marked, students, closedAt }: AttendanceClass): { text: string; tone: string } {
  if (taken) return { text: 'Taken', tone: 'good' };
  if (marked === 0) return { text: 'Not taken', tone: 'bad' };
  return { text: closedAt === null ? `${marked} of ${students}` : `Closed at ${marked} of ${students}`, tone: 'mild' };
}

function ClassCard({ row }: { row: AttendanceClass }) {
  const { text, tone } = state(row);
  const title = `${row.subject}, ${row.course?.courseCode ?? ''} semester ${row.semester}`;
  return (
    <article className={classes.card} aria-label={title}>
      <Group justify="space-between" wrap="nowrap" align="flex-start" gap="sm">
        <div className={classes.grow}>
          <Text fw={650}>{row.subject}</Text>
          <Text size="sm" c="dimmed">{`${row.course?.courseCode ?? ''}, semester ${row.semester}`}</Text>
          <Text size="sm" c="dimmed">{`${row.session}, ${row.type.toLowerCase()}`}</Text>
        </div>
        <span className={classes.state} data-tone={tone}>{text}</span>
      </Group>
      <div className={classes.bar} aria-hidden="true"><span style={{ width: `${row.students === 0 ? 0 : Math.min(100, (row.marked / row.students) * 100)}%` }} /></div>
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <Stack gap={0}>
          <Text size="sm">{`${row.present + row.late} there, ${row.absent} absent, ${row.leave} on leave`}</Text>
        </Stack>
        {row._id !== null && <Button component={Link} to={`/attendance?class=${encodeURIComponent(row._id)}`} variant="light">{row.taken ? 'Look' : 'Mark'}</Button>}
      </Group>
    </article>
  );
}
