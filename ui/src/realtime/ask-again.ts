import type { InvalidateQueryFilters, Query, QueryClient } from '@tanstack/react-query';

/** Runs `then` once, after the answer that is on its way to this query has been taken in. */
export function afterAnswer(queries: QueryClient, query: Query, then: () => void): void {
  const cache = queries.getQueryCache();
  const stop = cache.subscribe((event) => {
    if (event.query !== query) return;
    if (event.type === 'removed') stop();
    if (event.type !== 'updated') return;
    const { action } = event;
    if (action.type === 'success' && action.manual !== true) {
      stop();
      then();
    } else if (action.type === 'fetch') {
      // Asked anew: that answer knows what happened.
      stop();
    } else if (query.state.fetchStatus === 'idle') {
      // Failed, or given up because nobody looks any more: what something was put into meanwhile would pass for fresh.
      stop();
      query.invalidate();
    }
  });
}

/**
 * Asks again for these queries, those that are not shown when they are next.
 *
 * The library lets a first answer that is on its way count for this too, though it may have left the server before what
 * happened: what is still without an answer is asked for once more after it.
 */
export function askAgain(queries: QueryClient, which: InvalidateQueryFilters): Promise<void> {
  for (const query of queries.getQueryCache().findAll(which)) {
    if (query.state.data !== undefined || query.state.fetchStatus === 'idle') continue;
    afterAnswer(queries, query, () => {
      // Once for all who wait for it.
      if (!query.state.isInvalidated) void queries.invalidateQueries({ queryKey: query.queryKey, exact: true });
    });
  }
  return queries.invalidateQueries(which);
}
