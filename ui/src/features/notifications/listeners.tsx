import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { plural } from '../../kit/format.ts';
import { hideToast, isToastShown, showToast } from '../../kit/toasts.tsx';
import type { Notification } from '../../kit/wire.ts';
import { coalesced } from '../../realtime/coalesced.ts';
import { useLiveEvent } from '../../realtime/live.tsx';
import { isToldByItsPage } from './cache.ts';
import { refreshWritten, takeIn } from './queries.ts';

const toastKey = 'notifications:new';

/** Events within so many milliseconds are one question to the server. */
const together = 300;

export function Listener() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const waiting = useRef<Notification[]>([]);
  // An office that writes a notice to itself as well hears that others changed it.
  const [refresh] = useState(() => coalesced(() => refreshWritten(queries), together));

  useLiveEvent('notification:created', (document) => {
    takeIn(queries, { type: 'created', document });
    refresh();
    if (isToldByItsPage(document) || waiting.current.some(({ _id }) => _id === document._id)) return;
    waiting.current = isToastShown(toastKey) ? [...waiting.current, document] : [document];
    const count = waiting.current.length;
    showToast({
      key: toastKey,
      title: count === 1 ? `${document.priority === 'urgent' ? 'Urgent: ' : ''}${document.title}` : plural(count, 'new notification'),
      text: count === 1 ? document.message : waiting.current.map(({ title }) => title).join(', '),
      action: { label: 'Read', run: () => void navigate('/notifications') },
    });
  });
  useLiveEvent('notification:updated', (document) => {
    takeIn(queries, { type: 'updated', document });
    refresh();
  });
  useLiveEvent('notification:deleted', ({ _id }) => {
    takeIn(queries, { type: 'deleted', _id });
    refresh();
    if (waiting.current.some((document) => document._id === _id)) hideToast(toastKey);
  });
  useLiveEvent('notification:read', ({ notificationId, unread }) => takeIn(queries, { type: 'read', _id: notificationId ?? null, unread }));
  return null;
}
