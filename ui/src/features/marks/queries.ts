import { keepPreviousData, queryOptions, type QueryClient } from '@tanstack/react-query';
import { bearer, call, getData, refusal } from '../../kit/api.ts';
import { session } from '../../kit/session.ts';
import type { CellEdit, CellsResult, MarkChanges, MarkGrid, MarkSheets, NewSheet, OwnMarks, Publishing, PublishRehearsal } from '../../kit/wire.ts';

export const ownMarks = queryOptions({
  queryKey: ['marks', 'own'] as const,
  queryFn: ({ signal }) => getData<OwnMarks>('/student/marks', {}, signal),
  meta: { live: true },
});

export const ownHistory = (id: string) => queryOptions({
  queryKey: ['marks', 'history', id] as const,
  queryFn: ({ signal }) => getData<MarkChanges>(`/student/marks/${encodeURIComponent(id)}/history`, {}, signal),
  meta: { live: true },
});

export interface SheetFilter {
  course: string;
  semester: string;
  state: string;
}

export const sheetList = (filter: SheetFilter) => queryOptions({
  queryKey: ['marks', 'sheets', filter] as const,
  queryFn: ({ signal }) => getData<MarkSheets>('/admin/marks/sheets', { ...filter, limit: 200 }, signal),
  placeholderData: keepPreviousData,
  meta: { live: true },
});

export const gridKey = (id: string) => ['marks', 'grid', id] as const;

const at = (id: string, what = '') => `/admin/marks/sheets/${encodeURIComponent(id)}${what}`;

export const gridOf = (id: string) => queryOptions({
  queryKey: gridKey(id),
  queryFn: ({ signal }) => getData<MarkGrid>(at(id), {}, signal),
  meta: { live: true },
});

export const rehearsalOf = (id: string) => queryOptions({
  queryKey: ['marks', 'rehearsal', id] as const,
  queryFn: ({ signal }) => getData<PublishRehearsal>(at(id, '/rehearsal'), {}, signal),
  staleTime: 0,
  gcTime: 0,
});

async function sent<T>(method: 'POST' | 'PATCH', path: string, body?: unknown): Promise<T> {
  return (await call<{ data: T }>(method, path, body === undefined ? {} : { body })).data;
}

export const makeSheet = (sheet: NewSheet) => sent<{ _id: string }>('POST', '/admin/marks/sheets', sheet);
export const saveCells = (id: string, cells: CellEdit[], reason: string) => sent<CellsResult>('PATCH', at(id, '/cells'), { cells, ...(reason === '' ? {} : { reason }) });
export const publishSheet = (id: string, digest: string) => sent<Publishing>('POST', at(id, '/publish'), { digest });
export const undoPublication = (id: string) => sent<unknown>('POST', at(id, '/undo'));
export const recallSheet = (id: string, reason: string) => sent<unknown>('POST', at(id, '/recall'), { reason });
export const tellPresence = (id: string, student: string | null, part: string | null) => sent<unknown>('POST', at(id, '/presence'), { student, part });

export const refreshSheets = (queries: QueryClient): Promise<void> => queries.invalidateQueries({ queryKey: ['marks', 'sheets'] });

/** A table to save, as the server makes it. */
export async function fetchTable(path: string): Promise<Blob> {
  const { token } = session.get();
  const response = await fetch(`/api${path}`, { headers: bearer(token) });
  if (!response.ok) throw refusal(response.status, await response.json().catch(() => null), token);
  return response.blob();
}
