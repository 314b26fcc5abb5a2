import { Skeleton, Text, Title } from '@mantine/core';
import { IconBell, IconCalendarCheck, IconChevronRight, IconReportAnalytics } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { ComponentType, ReactNode } from 'react';
import { Link } from 'react-router';
import { dayIn, now } from '../../kit/clock.ts';
import { calendarDay, dayOf } from '../../kit/format.ts';
import { useTimezone } from '../../kit/institute.ts';
import { asProblem } from '../../kit/problem.ts';
import { useLivePolling } from '../../realtime/live.tsx';
import { advice, isShort, ownAttendance } from '../attendance/parts.ts';
import { ownMarks } from '../marks/parts.ts';
import { flatten, ownNotifications } from '../notifications/parts.ts';
import { dashboardQuery } from './queries.ts';
import classes from './standing.module.css';

interface CardProps {
  title: string;
  icon: ComponentType<{ size?: number; stroke?: number; 'aria-hidden'?: 'true' }>;
  to: string;
  /** Undefined while it is loading. */
  children: ReactNode | undefined;
  error: unknown;
}

/** A card is as tall while it loads as when it is there, or nearly: what is below does not jump. */
function Card({ title, icon: Icon, to, children, error }: CardProps) {
  const heading = `standing-${to.slice(1)}`;
  return (
    <section className={classes.card} aria-labelledby={heading}>
      <div className={classes.head}>
        <Icon size={22} stroke={1.7} aria-hidden="true" />
        <Title order={2} size="h5" id={heading}><Link to={to} className={classes.link}>{title}</Link></Title>
        <IconChevronRight size={20} className={classes.arrow} aria-hidden="true" />
      </div>
      {children ?? (error == null ? <Loading /> : <Text size="sm" role="alert">{asProblem(error).message}</Text>)}
    </section>
  );
}

function Loading() {
  return (
    <div role="status" aria-label="Loading">
      <Skeleton height={34} width={110} mb={12} />
      <Skeleton height={16} width="80%" mb={10} />
      <Skeleton height={16} width="65%" />
    </div>
  );
}

/** What the cards are made of; the page says how fresh it is. */
export function useStanding() {
  const timezone = useTimezone();
  const refetchInterval = useLivePolling();
  const [year, month] = dayIn(timezone, now()).split('-').map(Number) as [number, number];
  return {
    dashboard: useQuery({ ...dashboardQuery, refetchInterval }),
    attendance: useQuery({ ...ownAttendance(year, month), refetchInterval }),
    marks: useQuery({ ...ownMarks, refetchInterval }),
  };
}

type Standings = ReturnType<typeof useStanding>;

/** How the student stands: attendance, marks and what the office wants them to know. */
export function Standing({ of: { dashboard, attendance, marks } }: { of: Standings }) {
  return (
    <div className={classes.cards}>
      <AttendanceCard overall={dashboard.data?.stats.overallAttendance} own={attendance} error={dashboard.error} />
      <MarksCard average={dashboard.data?.stats.internalMarks} own={marks} error={dashboard.error} />
      <NoticesCard />
    </div>
  );
}

function AttendanceCard({ overall, own, error }: { overall: number | undefined; own: Standings['attendance']; error: unknown }) {
  const gauges = own.data?.standing.byType.filter(({ held }) => held > 0) ?? [];
  return (
    <Card title="Attendance" icon={IconCalendarCheck} to="/attendance" error={error ?? own.error}>
      {overall === undefined || own.data === undefined
        ? undefined
        : gauges.length === 0
          ? <Text c="dimmed">No class yet. Your attendance appears here the moment the roll is called.</Text>
          : (
              <>
                <Text className={classes.figure}>{`${overall} %`}</Text>
                <ul className={classes.lines}>
                  {gauges.map((gauge) => (
                    <li key={gauge.type}>
                      <Text size="sm" component="span" className={classes.advice} data-short={isShort(gauge) || undefined}><strong>{gauge.type}</strong>{`: ${advice(gauge)}`}</Text>
                    </li>
                  ))}
                </ul>
              </>
            )}
    </Card>
  );
}

const latest = 3;

function MarksCard({ average, own, error }: { average: number | undefined; own: Standings['marks']; error: unknown }) {
  const marks = own.data?.marks.slice(0, latest) ?? [];
  return (
    <Card title="Marks" icon={IconReportAnalytics} to="/marks" error={error ?? own.error}>
      {average === undefined || own.data === undefined
        ? undefined
        : marks.length === 0
          ? <Text c="dimmed">No marks yet. They appear here the moment they are published.</Text>
          : (
              <>
                <Text className={classes.figure}>{`${average} %`}<span className={classes.unit}> on average</span></Text>
                <ul className={classes.lines}>
                  {marks.map((mark) => (
                    <li key={mark._id} className={classes.line}>
                      <Text size="sm" component="span" className={classes.grow}>{mark.subject}<span className={classes.soft}>{` · ${mark.examType}, ${calendarDay(mark.examDate)}`}</span></Text>
                      <Text size="sm" component="span" fw={650}>{`${mark.totalMarks.obtained} / ${mark.totalMarks.max}`}</Text>
                    </li>
                  ))}
                </ul>
              </>
            )}
    </Card>
  );
}

function NoticesCard() {
  const timezone = useTimezone();
  const list = useInfiniteQuery(ownNotifications());
  const unread = list.data?.pages[0]?.unread ?? 0;
  const items = flatten(list.data).slice(0, latest);
  return (
    <Card title="Notifications" icon={IconBell} to="/notifications" error={list.error}>
      {list.data === undefined
        ? undefined
        : items.length === 0
          ? <Text c="dimmed">Nothing yet. What the office wants you to know appears here.</Text>
          : (
              <>
                <Text className={classes.figure}>{unread}<span className={classes.unit}> not read</span></Text>
                <ul className={classes.lines}>
                  {items.map((item) => (
                    <li key={item._id} className={classes.line}>
                      <Text size="sm" component="span" className={classes.grow} fw={item.read ? undefined : 650}>{item.title}</Text>
                      <Text size="sm" component="span" className={classes.soft}>{dayOf(item.createdAt, timezone, now()).replace(/,.*/, '')}</Text>
                    </li>
                  ))}
                </ul>
              </>
            )}
    </Card>
  );
}
