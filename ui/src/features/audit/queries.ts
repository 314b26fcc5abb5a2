import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query';
import { getData } from '../../kit/api.ts';
import type { AuditList } from '../../kit/wire.ts';

export interface AuditFilter {
  search: string;
  kind: string;
  from: string;
  to: string;
}

/** Newest first; older ones are asked for from the last that is known, so what is done meanwhile shifts nothing. */
export const auditList = (filter: AuditFilter) => infiniteQueryOptions({
  queryKey: ['audit', filter] as const,
  queryFn: ({ pageParam, signal }) => getData<AuditList>('/admin/audit', { ...filter, before: pageParam, limit: 50 }, signal),
  initialPageParam: '',
  getNextPageParam: ({ next }) => next ?? undefined,
  placeholderData: keepPreviousData,
  staleTime: 0,
});
