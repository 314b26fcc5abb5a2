import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useNavigate } from 'react-router';
import type { ViewProps } from '../../kit/feature.ts';
import { calendarDay } from '../../kit/format.ts';
import { showToast } from '../../kit/toasts.tsx';
import type { User } from '../../kit/wire.ts';
import { askAgain } from '../../realtime/ask-again.ts';
import { coalesced } from '../../realtime/coalesced.ts';
import { useLiveEvent, useLiveState } from '../../realtime/live.tsx';
import { nameOf } from '../accounts/me.ts';
import { applyMarks } from './queries.ts';
import { queueOf } from './queues.ts';

/** Events within so many milliseconds are one question to the server. */
const together = 300;
/** Each tap changes a report, which is long: while a roll is called it follows at this pace. */
const reportTogether = 3_000;

export function StudentListener() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [refresh] = useState(() => coalesced(() => Promise.all([askAgain(queries, { queryKey: ['attendance', 'own'] }), askAgain(queries, { queryKey: ['home'] })]), together));
  useLiveEvent('attendance:changed', ({ subject, date }) => {
    refresh();
    showToast({
      key: 'attendance:changed',
      title: 'Your attendance was updated:',
      text: `${subject}, ${calendarDay(date)}`,
      action: { label: 'Look', run: () => void navigate('/attendance') },
    });
  });
  return null;
}

/** Taps that wait are sent when the line is back, whatever page is shown. */
function useSending(user: User) {
  const queries = useQueryClient();
  const queue = queueOf(user);
  const { shown } = useLiveState();
  const waiting = useSyncExternalStore(queue.subscribe, queue.waiting).length;
  useEffect(() => {
    queue.tell((classId, { marks }) => applyMarks(queries, classId, marks, nameOf(user)));
  }, [queue, queries, user]);
  useEffect(() => {
    if (waiting === 0) return;
    const send = () => void queue.flush();
    send();
    const timer = setInterval(send, 4_000);
    window.addEventListener('online', send);
    return () => {
      clearInterval(timer);
      window.removeEventListener('online', send);
    };
  }, [queue, waiting, shown]);
}

export function StaffListener({ user }: ViewProps) {
  const queries = useQueryClient();
  useSending(user);
  const [refreshClasses] = useState(() => coalesced(() => askAgain(queries, { queryKey: ['attendance', 'classes'] }), together));
  const [refreshRecords] = useState(() => coalesced(() => askAgain(queries, { predicate: ({ queryKey }) => queryKey[0] === 'attendance' && ['records', 'history'].includes(String(queryKey[1])) }), together));
  const [refreshReport] = useState(() => coalesced(() => askAgain(queries, { queryKey: ['attendance', 'report'] }), reportTogether));
  const [refreshBoards] = useState(() => coalesced(() => askAgain(queries, { queryKey: ['attendance', 'board'] }), together));
  const everything = () => {
    refreshClasses();
    refreshRecords();
    refreshReport();
    refreshBoards();
  };
  useLiveEvent('attendance:changed', everything);
  useLiveEvent('attendance:opened', everything);
  useLiveEvent('attendance:closed', everything);
  useLiveEvent('attendance:tapped', ({ classId, marks, by }) => {
    applyMarks(queries, classId, marks, by);
    refreshClasses();
    refreshRecords();
    refreshReport();
  });
  return null;
}
