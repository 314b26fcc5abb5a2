import { QueryClient } from '@tanstack/react-query';
import { isPassing } from './problem.ts';

export const newQueries = () => new QueryClient({
  defaultOptions: {
    queries: {
      // Live events keep what is shown fresh (see realtime/); asking again is for when they could not.
      staleTime: 5 * 60_000,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      retry: (failures, error) => failures < 3 && isPassing(error),
      retryDelay: (attempt) => Math.min(1_000 * 2 ** attempt, 8_000),
    },
    mutations: { retry: false, networkMode: 'always' },
  },
});

/** What does not belong to one signed-in person: the institute, and who holds which token. */
export const commonQueries = newQueries();
