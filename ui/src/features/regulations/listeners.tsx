import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { askAgain } from '../../realtime/ask-again.ts';
import { coalesced } from '../../realtime/coalesced.ts';
import { useLiveEvent } from '../../realtime/live.tsx';

/** What is computed from a regulation: a new one may change what is said about everybody's attendance and marks. */
const computed = ['regulations', 'attendance', 'marks', 'home'];

/** Events within so many milliseconds are one question to the server. */
const together = 300;

export function Listener() {
  const queries = useQueryClient();
  const [refresh] = useState(() => coalesced(() => askAgain(queries, { predicate: ({ queryKey }) => computed.includes(String(queryKey[0])) }), together));
  useLiveEvent('regulations:changed', refresh);
  return null;
}
