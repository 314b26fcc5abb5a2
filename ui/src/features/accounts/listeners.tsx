import { useQueryClient } from '@tanstack/react-query';
import { commonQueries } from '../../kit/query.ts';
import { useLiveEvent } from '../../realtime/live.tsx';
import { profileQuery } from './me.ts';

/** The own account was changed, here or by the office: what the pages know of its person is asked for again. */
export function Listener() {
  const queries = useQueryClient();
  useLiveEvent('profile:updated', () => {
    void commonQueries.invalidateQueries({ queryKey: ['accounts', 'me'] });
    void queries.invalidateQueries({ queryKey: profileQuery.queryKey });
  });
  return null;
}
