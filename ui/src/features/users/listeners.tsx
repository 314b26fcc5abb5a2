import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { coalesced } from '../../realtime/coalesced.ts';
import { useLiveEvent } from '../../realtime/live.tsx';
import { refreshUsers } from './queries.ts';

/** Events within so many milliseconds are one question to the server. */
const together = 300;

export function AdminListener() {
  const queries = useQueryClient();
  const [refresh] = useState(() => coalesced(() => refreshUsers(queries), together));
  useLiveEvent('users:changed', refresh);
  // What is changed of these may be of their account.
  useLiveEvent('faculty:changed', refresh);
  useLiveEvent('students:created', refresh);
  useLiveEvent('students:updated', refresh);
  useLiveEvent('students:deleted', refresh);
  useLiveEvent('students:imported', refresh);
  return null;
}
