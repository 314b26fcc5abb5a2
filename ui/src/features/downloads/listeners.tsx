import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { dayIn, now } from '../../kit/clock.ts';
import type { ViewProps } from '../../kit/feature.ts';
import { plural } from '../../kit/format.ts';
import { useTimezone } from '../../kit/institute.ts';
import { hideToast, isToastShown, showToast } from '../../kit/toasts.tsx';
import type { Download, StudentDownloadsPage } from '../../kit/wire.ts';
import { coalesced } from '../../realtime/coalesced.ts';
import { useLiveEvent } from '../../realtime/live.tsx';
import { flatten, type Pages } from './cache.ts';
import { hasExpired } from './expiry.ts';
import { abortOpenings } from './openings.ts';
import { changeForStaff, changeForStudent, refreshManaged } from './queries.ts';

const toastKey = 'downloads:new';

/** Events within so many milliseconds are one question to the server. */
const together = 300;

/** Says once that something new is there; several at a time become one notice. */
function useAnnouncement() {
  const navigate = useNavigate();
  const known = useRef(new Set<string>());
  const waiting = useRef<Download[]>([]);

  const announce = (document: Download) => {
    if (known.current.has(document._id)) return;
    known.current.add(document._id);
    waiting.current = isToastShown(toastKey) ? [...waiting.current, document] : [document];
    const count = waiting.current.length;
    showToast({
      key: toastKey,
      title: count === 1 ? 'New study material:' : `${plural(count, 'new piece', 'new pieces')} of study material:`,
      text: waiting.current.map(({ title }) => title).join(', '),
      action: { label: 'Open', run: () => void navigate(count === 1 ? `/downloads?item=${encodeURIComponent(document._id)}` : '/downloads') },
    });
  };

  const retract = (id: string) => {
    if (waiting.current.some((document) => document._id === id)) hideToast(toastKey);
  };
  return { announce, retract };
}

/** Material whose last day is over leaves an open page at midnight of the institute, not at the next reload. */
function useLeavingAtMidnight(timezone: string) {
  const queries = useQueryClient();
  useEffect(() => {
    const look = () => {
      const today = dayIn(timezone, now());
      const lists = queries.getQueriesData<Pages<StudentDownloadsPage>>({ queryKey: ['downloads', 'student'] });
      const over = new Set(lists.flatMap(([, data]) => flatten(data)).filter((item) => hasExpired(item, today)).map((item) => item._id));
      for (const id of over) changeForStudent(queries, { type: 'deleted', _id: id }, timezone);
    };
    const timer = setInterval(look, 15_000);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [queries, timezone]);
}

export function StudentListener() {
  const queries = useQueryClient();
  const timezone = useTimezone();
  const { announce, retract } = useAnnouncement();
  useLeavingAtMidnight(timezone);
  useEffect(() => abortOpenings, []);

  useLiveEvent('downloads:created', (document) => {
    changeForStudent(queries, { type: 'saved', document }, timezone);
    if (!hasExpired(document, dayIn(timezone, now()))) announce(document);
  });
  useLiveEvent('downloads:updated', (document) => changeForStudent(queries, { type: 'saved', document }, timezone));
  useLiveEvent('downloads:deleted', ({ _id }) => {
    changeForStudent(queries, { type: 'deleted', _id }, timezone);
    retract(_id);
  });
  return null;
}

export function StaffListener({ user }: ViewProps) {
  const queries = useQueryClient();
  // An event says less about a piece of material than these lists show: whom it is for, and whether this person may change it.
  const [refresh] = useState(() => coalesced(() => refreshManaged(queries), together));
  const { announce, retract } = useAnnouncement();
  useEffect(() => abortOpenings, []);

  useLiveEvent('downloads:created', (document) => {
    refresh();
    // The office hears of everything; a notice for each would be noise.
    if (user.role === 'faculty' && document.uploadedBy?.username !== user.username) announce(document);
  });
  useLiveEvent('downloads:updated', refresh);
  useLiveEvent('downloads:deleted', ({ _id }) => {
    changeForStaff(queries, { type: 'deleted', _id });
    refresh();
    retract(_id);
  });
  return null;
}
