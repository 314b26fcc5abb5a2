import { queryOptions } from '@tanstack/react-query';
import { getData } from '../../kit/api.ts';
import type { SystemStatus } from '../../kit/wire.ts';
import { sampleOf, withSample, type Sample } from './history.ts';

interface Watched {
  status: SystemStatus;
  /** The last minutes, for as long as the page is open. */
  history: Sample[];
}

/** Asked again every few seconds while the page can be seen. */
export const systemQuery = queryOptions({
  queryKey: ['system'] as const,
  queryFn: async ({ client, queryKey, signal }): Promise<Watched> => {
    const status = await getData<SystemStatus>('/admin/system', {}, signal);
    return { status, history: withSample(client.getQueryData<Watched>(queryKey)?.history ?? [], sampleOf(status)) };
  },
  staleTime: 0,
  gcTime: 0,
  retry: false,
  refetchInterval: 5_000,
  refetchOnWindowFocus: true,
});
