import { keepPreviousData, queryOptions, type QueryClient } from '@tanstack/react-query';
import { call, getData } from '../../kit/api.ts';
import type { CellEdit, CellsResult, MarkChanges, MarkGrid, MarkSheet, MarksImported, MarkSheets, NewSheet, OwnMarks, Publishing, PublishRehearsal } from '../../kit/wire.ts';
import { askAgain } from '../../realtime/ask-again.ts';

export const ownMarks = queryOptions({
  queryKey: ['marks', 'own'] as const,
  queryFn: ({ signal }) => getData<OwnMarks>('/student/marks', {}, signal),
  meta: { live: true },
});

export const historyOf = (who: 'student' | 'staff', id: string) => queryOptions({
  queryKey: ['marks', 'history', who, id] as const,
  queryFn: ({ signal }) => getData<MarkChanges>(`/${who === 'student' ? 'student' : 'admin'}/marks/${encodeURIComponent(id)}/history`, {}, signal),
  staleTime: 0,
  meta: { live: true },
});

export interface SheetFilter {
  course: string;
  semester: string;
  state: string;
}

export const sheetList = (filter: SheetFilter, page: number) => queryOptions({
  queryKey: ['marks', 'sheets', filter, page] as const,
  queryFn: ({ signal }) => getData<MarkSheets>('/admin/marks/sheets', { ...filter, page, limit: 50 }, signal),
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
export const reviewSheet = (id: string, review: boolean) => sent<unknown>('POST', at(id, '/review'), { review });
export const changeMaxima = (id: string, maxima: MarkSheet['maxima']) => sent<MarkGrid>('PATCH', at(id), { maxima });
export const applyMarks = (id: string) => sent<MarksImported>('POST', `/admin/marks/imports/${encodeURIComponent(id)}/apply`);
export const recallSheet = (id: string, reason: string) => sent<unknown>('POST', at(id, '/recall'), { reason });
export const tellPresence = (id: string, student: string | null, part: string | null) => sent<unknown>('POST', at(id, '/presence'), { student, part });

export const refreshSheets = (queries: QueryClient): Promise<void> => askAgain(queries, { queryKey: ['marks', 'sheets'] });
