import { commonQueries } from '../../kit/query.ts';
import { useLiveEvent } from '../../realtime/live.tsx';

/** The own account was changed, here or by the office: what the pages know of its person is asked for again. */
export function Listener() {
  useLiveEvent('profile:updated', () => void commonQueries.invalidateQueries({ queryKey: ['accounts', 'me'] }));
  return null;
}
