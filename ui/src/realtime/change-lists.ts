import type { Query, QueryClient, QueryKey } from '@tanstack/react-query';

export interface Changed<D> {
  data: D;
  /** The list has parts that are not loaded and that have shifted: it must be asked for again. */
  shifted: boolean;
}

/** Runs `then` once, after the answer that is on its way to this query has been taken in. */
function afterAnswer(queries: QueryClient, query: Query, then: () => void): void {
  const cache = queries.getQueryCache();
  const stop = cache.subscribe((event) => {
    if (event.query !== query) return;
    if (event.type === 'removed') stop();
    if (event.type !== 'updated') return;
    const { action } = event;
    if (action.type === 'error') stop();
    if (action.type === 'success' && action.manual !== true) {
      stop();
      then();
    }
  });
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
    if (data !== before) queries.setQueryData(query.queryKey, data);
    if (shifted) void queries.invalidateQueries({ queryKey: query.queryKey, exact: true });
  };
  for (const query of queries.getQueryCache().findAll({ queryKey: under })) {
    const isAsked = query.state.fetchStatus !== 'idle';
    take(query);
    if (isAsked) afterAnswer(queries, query, () => take(query));
  }
}
