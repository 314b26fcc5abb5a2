import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { coalesced } from '../../realtime/coalesced.ts';
import { useLiveEvent } from '../../realtime/live.tsx';
import { refreshStudents } from './students.ts';

/** Events within so many milliseconds are one question to the server. */
const together = 300;

/** The events say who, and nothing about the person: the lists ask again. */
export function AdminListener() {
  const queries = useQueryClient();
  const [refresh] = useState(() => coalesced(() => refreshStudents(queries), together));
  useLiveEvent('students:created', refresh);
  useLiveEvent('students:updated', refresh);
  useLiveEvent('students:deleted', refresh);
  useLiveEvent('students:imported', refresh);
  // Their account.
  useLiveEvent('users:changed', refresh);
  return null;
}
