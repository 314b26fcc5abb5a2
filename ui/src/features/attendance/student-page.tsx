import { Button, Group, Text, Title } from '@mantine/core';
import { IconCalendarOff, IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { dayIn, now } from '../../kit/clock.ts';
import { calendarDay, plural } from '../../kit/format.ts';
import { useTimezone } from '../../kit/institute.ts';
import { ListStates } from '../../kit/list-states.tsx';
import { PageHead } from '../../kit/page.tsx';
import { Empty } from '../../kit/states.tsx';
import type { AttendanceGauge } from '../../kit/wire.ts';
import { Freshness } from '../../realtime/freshness.tsx';
import { useLivePolling } from '../../realtime/live.tsx';
import { Calendar } from './calendar.tsx';
import { ownAttendance } from './queries.ts';
import { advice, isShort, tone } from './words.ts';
import classes from './attendance.module.css';

/** A month as year and number from 1, moved by so many. */
function moved({ year, month }: { year: number; month: number }, by: number): { year: number; month: number } {
  const at = year * 12 + (month - 1) + by;
  return { year: Math.floor(at / 12), month: (at % 12) + 1 };
}

const monthName = ({ year, month }: { year: number; month: number }): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', month: 'long', year: 'numeric' }).format(Date.UTC(year, month - 1, 1));

export default function StudentPage() {
  const timezone = useTimezone();
  const today = dayIn(timezone, now());
  const [shown, setShown] = useState({ year: Number(today.slice(0, 4)), month: Number(today.slice(5, 7)) });
  const list = useQuery({ ...ownAttendance(shown.year, shown.month), refetchInterval: useLivePolling() });
  const standing = list.data?.standing;
  // What is known while another month is on its way is the month before it, and is not shown as this one.
  const isComing = list.isPlaceholderData;
  const records = isComing ? [] : list.data?.attendance ?? [];
  const isNow = today.startsWith(`${shown.year}-${String(shown.month).padStart(2, '0')}`);
  return (
    <>
      <PageHead title="Attendance" line={<Freshness of={list} />} />
      <ListStates
        query={{ ...list, isPlaceholderData: false }}
        isEmpty={standing === undefined || (standing.byType.length === 0 && records.length === 0 && isNow)}
        empty={(
          <Empty icon={<IconCalendarOff size={32} stroke={1.5} />} title="No attendance yet">
            Your classes appear here the moment your teacher calls the roll.
          </Empty>
        )}
      >
        <Title order={2} size="h4" mb="sm">This semester</Title>
        <ul className={classes.gauges}>{standing?.byType.map((gauge) => <li key={gauge.type}><GaugeCard gauge={gauge} /></li>)}</ul>
        <Title order={2} size="h4" mt="xl" mb="sm">By subject</Title>
        <ul className={classes.subjects}>{standing?.bySubject.map((gauge) => <li key={`${gauge.subject ?? ''} ${gauge.type}`}><SubjectRow gauge={gauge} /></li>)}</ul>
        <Group justify="space-between" mt="xl" mb="sm">
          <Title order={2} size="h4" aria-live="polite">{monthName(shown)}</Title>
          <Group gap="xs" wrap="nowrap">
            <Button variant="default" px="sm" aria-label="The month before" onClick={() => setShown(moved(shown, -1))}><IconChevronLeft size={20} aria-hidden="true" /></Button>
            <Button variant="default" px="sm" aria-label="The month after" disabled={isNow} onClick={() => setShown(moved(shown, 1))}><IconChevronRight size={20} aria-hidden="true" /></Button>
          </Group>
        </Group>
        <Calendar year={shown.year} month={shown.month} today={today} records={records} />
        <Text size="sm" c="dimmed" my="sm" role="status">{isComing ? (list.fetchStatus === 'paused' ? 'There is no signal. This month loads by itself as soon as there is one.' : 'Loading this month…') : records.length === 0 ? 'No classes in this month.' : `${plural(records.length, 'class', 'classes')} in this month, ${list.data?.stats.percentage ?? 0} % attended.`}</Text>
        <ul className={classes.days} aria-busy={isComing}>
          {records.map((record) => (
            <li key={record._id} className={classes.day}>
              <div className={classes.grow}>
                <Text fw={600}>{record.subject}</Text>
                <Text size="sm" c="dimmed">{`${calendarDay(record.date)}, ${record.session.toLowerCase()} · ${record.type} · ${record.hoursAttended} of ${record.totalHours} hours`}</Text>
                {record.remarks !== null && <Text size="sm">{record.remarks}</Text>}
              </div>
              <span className={classes.state} data-tone={tone(record.status)}>{record.status}</span>
            </li>
          ))}
        </ul>
      </ListStates>
    </>
  );
}

function GaugeCard({ gauge }: { gauge: AttendanceGauge }) {
  return (
    <article className={classes.card} aria-label={gauge.type}>
      <Group gap="md" wrap="nowrap">
        <Ring gauge={gauge} />
        <div>
          <Text fw={650}>{gauge.type}</Text>
          <Text size="sm" c="dimmed">{`${gauge.attended} of ${plural(gauge.held, 'class', 'classes')}, ${gauge.hoursAttended} of ${gauge.totalHours} hours`}</Text>
          <Text size="sm" fw={600} className={classes.advice} data-short={isShort(gauge) || undefined}>{advice(gauge)}</Text>
        </div>
      </Group>
    </article>
  );
}

/** How much of the way is done, drawn: a ring with a mark where the threshold is. */
function Ring({ gauge }: { gauge: AttendanceGauge }) {
  const percentage = gauge.percentage ?? 0;
  const around = 2 * Math.PI * 32;
  const turn = (gauge.threshold / 100) * 360 - 90;
  return (
    <svg width="84" height="84" viewBox="0 0 84 84" role="img" aria-label={gauge.percentage === null ? 'No class yet' : `${percentage} percent`} className={classes.ring} data-short={isShort(gauge) || undefined}>
      <circle cx="42" cy="42" r="32" className={classes.track} />
      <circle cx="42" cy="42" r="32" className={classes.done} strokeDasharray={`${(percentage / 100) * around} ${around}`} transform="rotate(-90 42 42)" />
      {gauge.threshold < 100 && <line x1="66" y1="42" x2="82" y2="42" className={classes.limit} transform={`rotate(${turn} 42 42)`} />}
      <text x="42" y="47" textAnchor="middle" className={classes.number}>{gauge.percentage === null ? '–' : `${Math.round(percentage)}%`}</text>
    </svg>
  );
}

function SubjectRow({ gauge }: { gauge: AttendanceGauge }) {
  const percentage = gauge.percentage ?? 0;
  return (
    <article className={classes.subject} aria-label={`${gauge.subject ?? ''}, ${gauge.type}`}>
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <Text fw={600} className={classes.grow}>{`${gauge.subject ?? ''} · ${gauge.type}`}</Text>
        <Text fw={650}>{gauge.percentage === null ? '–' : `${percentage} %`}</Text>
      </Group>
      <svg width="100%" height="12" role="img" aria-label={`${gauge.attended} of ${gauge.held} attended, ${gauge.threshold} percent needed`} className={classes.line} data-short={isShort(gauge) || undefined}>
        <rect x="0" y="2" width="100%" height="8" rx="4" className={classes.lineTrack} />
        <rect x="0" y="2" width={`${percentage}%`} height="8" rx="4" className={classes.lineDone} />
        {gauge.threshold < 100 && <rect x={`${gauge.threshold}%`} y="0" width="2" height="12" className={classes.lineLimit} />}
      </svg>
      <Text size="sm" c="dimmed">{`${gauge.attended} of ${gauge.held} attended. ${advice(gauge)}`}</Text>
    </article>
  );
}
