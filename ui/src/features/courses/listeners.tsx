import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { askAgain } from '../../realtime/ask-again.ts';
import { coalesced } from '../../realtime/coalesced.ts';
import { useLiveEvent } from '../../realtime/live.tsx';
import { coursesQuery } from './courses.ts';

/** Events within so many milliseconds are one question to the server. */
const together = 300;

export function Listener() {
  const queries = useQueryClient();
  const [refresh] = useState(() => coalesced(() => askAgain(queries, { queryKey: coursesQuery.queryKey }), together));
  useLiveEvent('courses:changed', refresh);
  return null;
}
