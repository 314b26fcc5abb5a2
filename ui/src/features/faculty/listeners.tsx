import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { coalesced } from '../../realtime/coalesced.ts';
import { useLiveEvent } from '../../realtime/live.tsx';
import { refreshLive } from '../../realtime/refresh-live.ts';
import { refreshFaculty } from './queries.ts';

/** Events within so many milliseconds are one question to the server. */
const together = 300;

/** The events say who, and nothing about the person: the list asks again. */
export function AdminListener() {
  const queries = useQueryClient();
  const [refresh] = useState(() => coalesced(() => refreshFaculty(queries), together));
  useLiveEvent('faculty:changed', refresh);
  // Their account.
  useLiveEvent('users:changed', refresh);
  return null;
}

/** What somebody teaches may be another now, and with it whose classes, marks and material they see. */
export function FacultyListener() {
  const queries = useQueryClient();
  const [refresh] = useState(() => coalesced(() => refreshLive(queries), together));
  useLiveEvent('faculty:changed', refresh);
  return null;
}
