import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { commonQueries } from '../../kit/query.ts';
import { askAgain } from '../../realtime/ask-again.ts';
import { coalesced } from '../../realtime/coalesced.ts';
import { useLiveEvent } from '../../realtime/live.tsx';
import { refreshLive } from '../../realtime/refresh-live.ts';

/** Events within so many milliseconds are one question to the server. */
const together = 300;

/** The own account was changed, here or by the office: another course or semester has other classes, marks and material. */
export function Listener() {
  const queries = useQueryClient();
  const [refresh] = useState(() => coalesced(() => Promise.all([askAgain(commonQueries, { queryKey: ['accounts', 'me'] }), refreshLive(queries)]), together));
  useLiveEvent('profile:updated', refresh);
  return null;
}
