import { Button, Group, Text } from '@mantine/core';
import { IconArrowBackUp, IconArrowLeft, IconCloudOff, IconLock, IconLockOpen, IconUsersGroup } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState, useSyncExternalStore, type KeyboardEvent } from 'react';
import { Link } from 'react-router';
import { now } from '../../kit/clock.ts';
import { calendarDay, plural } from '../../kit/format.ts';
import { ListSkeleton } from '../../kit/list-states.tsx';
import { PageHead } from '../../kit/page.tsx';
import { asProblem } from '../../kit/problem.ts';
import { Failed, Trouble, Waiting } from '../../kit/states.tsx';
import type { AttendanceClass, AttendanceStatus, RollCallSeat, User } from '../../kit/wire.ts';
import { hiccup } from '../../realtime/connection.ts';
import { Freshness } from '../../realtime/freshness.tsx';
import { useLivePolling, useLiveState } from '../../realtime/live.tsx';
import { boardOf, closeClass, openClass } from './queries.ts';
import { newId, type Waiting as Tap } from './queue.ts';
import { queueOf } from './queues.ts';
import { takenBack, type Done } from './undo.ts';
import { choices, tone } from './words.ts';
import classes from './attendance.module.css';

/** What the board shows: what the server knows, and over it what is still on its way. */
function overlaid(seats: RollCallSeat[], waiting: readonly Tap[]): (RollCallSeat & { isWaiting: boolean })[] {
  const last = new Map(waiting.map((tap) => [tap.student, tap]));
  return seats.map((seat) => {
    const tap = last.get(seat.student._id);
    if (tap === undefined) return { ...seat, isWaiting: false };
    return { ...seat, status: tap.status, isWaiting: true };
  });
}

/** Do taps wait for longer than an answer takes? On a good line each waits for a moment, and nobody wants to hear of that. */
function useIsWaitingLong(waiting: readonly Tap[]): boolean {
  const isLive = useLiveState().shown === 'live';
  const oldest = waiting[0]?.tapId;
  const [late, setLate] = useState<string>();
  useEffect(() => {
    if (oldest === undefined) return;
    const timer = setTimeout(() => setLate(oldest), hiccup);
    return () => clearTimeout(timer);
  }, [oldest]);
  return oldest !== undefined && (!isLive || late === oldest);
}

export default function Board({ id, user }: { id: string; user: User }) {
  const queries = useQueryClient();
  const board = useQuery({ ...boardOf(id), refetchInterval: useLivePolling() });
  const queue = queueOf(user);
  const waiting = useSyncExternalStore(queue.subscribe, queue.waiting).filter((tap) => tap.classId === id);
  const notices = useSyncExternalStore(queue.subscribe, queue.notices);
  const isWaitingLong = useIsWaitingLong(waiting);
  const isKept = useSyncExternalStore(queue.subscribe, queue.isKept);
  const [undo, setUndo] = useState<Done[][]>([]);
  const [lastAt, setLastAt] = useState(0);
  const rows = useRef<HTMLUListElement>(null);
  const closing = useMutation({
    mutationFn: () => closeClass(id),
    onSuccess: (closed) => queries.setQueryData(boardOf(id).queryKey, closed),
  });
  // Who opens the same class once more has the one that is there.
  const reopening = useMutation({
    mutationFn: ({ course, semester, subject, session, type, date }: AttendanceClass) => openClass({ course: course?._id ?? '', semester, subject, session, type, date, totalHours: null }),
    onSuccess: (opened) => queries.setQueryData(boardOf(id).queryKey, opened),
  });

  if (board.isPending) return board.fetchStatus === 'paused' ? <Waiting /> : <ListSkeleton />;
  if (board.data === undefined) return <Failed error={board.error} retry={() => void board.refetch()} retrying={board.isFetching} />;

  const { class: held } = board.data;
  const seats = overlaid(board.data.students, waiting);
  const marked = seats.filter(({ status }) => status !== null).length;
  const there = seats.filter(({ status }) => status === 'Present' || status === 'Late').length;

  const tap = (wanted: { seat: RollCallSeat; status: AttendanceStatus | null }[], remember = true) => {
    if (wanted.length === 0) return;
    // Later than what was seen, whatever this device's clock says, and than the own taps before.
    const seen = Math.max(...wanted.map(({ seat }) => (seat.at === null ? 0 : Date.parse(seat.at))));
    const at = Math.max(now(), seen + 1, lastAt + 1);
    setLastAt(at);
    if (remember) setUndo([...undo, wanted.map(({ seat, status }) => ({ student: seat.student._id, was: seat.status, put: status }))]);
    queue.add(wanted.map(({ seat, status }) => ({ tapId: newId(), classId: id, student: seat.student._id, status, hoursAttended: null, base: seat.rev, at: new Date(at).toISOString() })));
  };
  const takeBack = () => {
    setUndo(undo.slice(0, -1));
    tap(takenBack(undo.at(-1) ?? [], seats), false);
  };
  const focus = (row: number, column: number) => {
    const target = rows.current?.children[row]?.querySelectorAll('button')[column];
    target?.focus();
  };
  const press = (event: KeyboardEvent<HTMLElement>, row: number) => {
    const column = Math.max(0, [...event.currentTarget.querySelectorAll('button')].findIndex((button) => button === document.activeElement));
    const moves: Record<string, [number, number]> = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };
    const move = moves[event.key];
    if (move !== undefined) {
      event.preventDefault();
      focus(row + move[0], column + move[1]);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const choice = choices.find(({ key }) => key === event.key.toLowerCase());
    const seat = seats[row];
    if (choice === undefined || seat === undefined) return;
    event.preventDefault();
    if (seat.status !== choice.status) tap([{ seat, status: choice.status }]);
    focus(row + 1, column);
  };

  return (
    <>
      <Button component={Link} to={`/attendance?date=${held.date}`} variant="subtle" px={0} leftSection={<IconArrowLeft size={18} aria-hidden="true" />}>All classes</Button>
      <PageHead title={held.subject} line={<Freshness of={board} />} />
      <Text mb="sm">{`${held.course?.courseCode ?? ''}, semester ${held.semester} · ${calendarDay(held.date)}, ${held.session.toLowerCase()} · ${held.type}`}</Text>
      <div className={classes.tools}>
        <div>
          <Text fw={650} role="status">{`${marked} of ${seats.length} marked, ${there} there`}</Text>
          <Text size="sm" c="dimmed" className={classes.legend}>{choices.map(({ short, status }) => `${short} ${status.toLowerCase()}`).join(' · ')}</Text>
          <Text size="sm" c="dimmed" className={classes.keys}>Keys: arrows to move, P, A, L, V to mark</Text>
        </div>
        <Group gap="xs">
          <Button variant="light" leftSection={<IconUsersGroup size={18} aria-hidden="true" />} disabled={held.closedAt !== null || marked === seats.length} onClick={() => tap(seats.filter(({ status }) => status === null).map((seat) => ({ seat, status: 'Present' })))}>All others present</Button>
          <Button variant="default" leftSection={<IconArrowBackUp size={18} aria-hidden="true" />} disabled={undo.length === 0 || held.closedAt !== null} onClick={takeBack}>Undo</Button>
          <Button variant="default" leftSection={<IconLock size={18} aria-hidden="true" />} disabled={held.closedAt !== null || waiting.length > 0} loading={closing.isPending} onClick={() => closing.mutate()}>Close class</Button>
        </Group>
      </div>
      <div className={classes.unsent} role="status" data-shown={isWaitingLong || undefined}>
        {isWaitingLong && (
          <>
            <IconCloudOff size={18} aria-hidden="true" />
            {`${plural(waiting.length, 'mark')} not sent yet. ${isKept ? 'Kept on this device, sent when there is a signal.' : 'Sent when there is a signal: leave this page open until then.'}`}
          </>
        )}
      </div>
      {held.closedAt !== null && (
        <Group mb="sm" gap="sm">
          <Text c="dimmed">This class is closed: nobody marks by mistake.</Text>
          <Button variant="default" leftSection={<IconLockOpen size={18} aria-hidden="true" />} loading={reopening.isPending} onClick={() => reopening.mutate(held)}>Open again</Button>
        </Group>
      )}
      {reopening.isError && <Trouble>{asProblem(reopening.error).message}</Trouble>}
      {closing.isError && <Trouble>{asProblem(closing.error).message}</Trouble>}
      {notices.length > 0 && (
        <Trouble title="Marked by somebody else too">
          <ul className={classes.notices}>
            {notices.map(({ tapId, student, text }) => <li key={tapId}>{`${seats.find((seat) => seat.student._id === student)?.student.fullName ?? 'A student'}: ${text}`}</li>)}
          </ul>
          <Button variant="light" onClick={() => queue.dismiss()}>I have seen this</Button>
        </Trouble>
      )}
      <ul className={classes.seats} ref={rows} aria-label="Students">
        {seats.map((seat, row) => (
          <li key={seat.student._id}>
            {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- The keys are a short cut for the buttons inside, where the focus is. */}
            <div role="group" aria-label={seat.student.fullName} className={classes.seat} data-tone={tone(seat.status)} onKeyDown={(event) => press(event, row)}>
              <div className={classes.grow}>
                <Text fw={600}>{seat.student.fullName}</Text>
                <Text size="sm" c="dimmed">{[seat.student.studentId, seat.isWaiting ? 'not sent yet' : seat.by === null ? 'not marked' : `${seat.status ?? ''}, by ${seat.by}`].join(' · ')}</Text>
              </div>
              <div className={classes.marks}>
                {choices.map(({ status, short }) => (
                  <button
                    key={status}
                    type="button"
                    className={classes.mark}
                    data-tone={tone(status)}
                    aria-pressed={seat.status === status}
                    aria-label={status}
                    title={status}
                    disabled={held.closedAt !== null}
                    onClick={() => tap([{ seat, status: seat.status === status ? null : status }])}
                  >
                    {short}
                  </button>
                ))}
              </div>
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}
