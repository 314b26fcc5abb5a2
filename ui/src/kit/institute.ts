import { queryOptions, useQuery } from '@tanstack/react-query';
import { getData } from './api.ts';
import { commonQueries } from './query.ts';
import type { Institute } from './wire.ts';

export const instituteQuery = queryOptions({
  queryKey: ['institute'],
  queryFn: ({ signal }) => getData<Institute>('/institute', {}, signal),
  staleTime: Infinity,
});

/** The rules of the institute; undefined until they have arrived. */
export function useInstitute(): Institute | undefined {
  return useQuery(instituteQuery, commonQueries).data;
}

/** Until the institute has answered, the time zone of the device is the best guess. */
export function useTimezone(): string {
  return useInstitute()?.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}
