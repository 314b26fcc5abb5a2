import type { Query, QueryClient, QueryKey } from '@tanstack/react-query';
import { afterAnswer } from './ask-again.ts';

export interface Changed<D> {
  data: D;
  /** The list has parts that are not loaded and that have shifted: it must be asked for again. */
  shifted: boolean;
}

/**
 * Takes what an event says into every cached list under a key.
 *
 * An answer may have left the server before the event and arrive after it, and would undo it. So a list that is just being
 * asked for gets the change twice, now and after the answer; `change` must not mind.
 */
export function changeLists<D>(queries: QueryClient, under: QueryKey, change: (data: D, key: QueryKey) => Changed<D>): void {
  const take = (query: Query) => {
    const before = queries.getQueryData<D>(query.queryKey);
    if (before === undefined) return;
    const { data, shifted } = change(before, query.queryKey);
    const { isInvalidated } = query.state;
    if (data !== before) queries.setQueryData(query.queryKey, data);
    // What is put into a list does not make the rest of it fresh.
    if (isInvalidated) query.invalidate();
    if (shifted) void queries.invalidateQueries({ queryKey: query.queryKey, exact: true });
  };
  for (const query of queries.getQueryCache().findAll({ queryKey: under })) {
    const isAsked = query.state.fetchStatus !== 'idle';
    take(query);
    if (isAsked) afterAnswer(queries, query, () => take(query));
  }
}
