import { keepPreviousData, queryOptions, type QueryClient } from '@tanstack/react-query';
import { call, getData } from '../../kit/api.ts';
import type { StudentAdded, StudentForm, StudentImport, StudentPassword, StudentRow, StudentsPage, StudentStatistics } from '../../kit/wire.ts';
import { askAgain } from '../../realtime/ask-again.ts';
import { coursesQuery } from '../courses/courses.ts';

/** The first students a search finds; enough to pick from, never the whole institute. */
export const studentSearch = (search: string) => queryOptions({
  queryKey: ['students', 'search', search],
  queryFn: ({ signal }) => getData<StudentsPage>('/admin/students', { search, page: 1, limit: 20 }, signal),
});

export interface StudentFilter {
  search: string;
  course: string;
  semester: string;
  status: string;
  batch: string;
  archived: string;
}

export const pageSize = 100;

export const studentsPage = (filter: StudentFilter, page: number) => queryOptions({
  queryKey: ['students', 'list', filter, page] as const,
  queryFn: ({ signal }) => getData<StudentsPage>('/admin/students', { ...filter, sort: 'name', page, limit: pageSize }, signal),
  placeholderData: keepPreviousData,
  meta: { live: true },
});

export const studentStatistics = queryOptions({
  queryKey: ['students', 'stats'] as const,
  queryFn: ({ signal }) => getData<StudentStatistics>('/admin/students/stats', {}, signal),
  meta: { live: true },
});

const at = (id: string, what = '') => `/admin/students/${encodeURIComponent(id)}${what}`;

export const oneStudent = (id: string) => queryOptions({
  queryKey: ['students', 'one', id] as const,
  queryFn: ({ signal }) => getData<StudentRow>(at(id), {}, signal),
  staleTime: 0,
  meta: { live: true },
});

/** Whatever shows students, and the seats they take in their courses. */
export async function refreshStudents(queries: QueryClient): Promise<void> {
  await Promise.all([askAgain(queries, { queryKey: ['students'] }), askAgain(queries, { queryKey: coursesQuery.queryKey })]);
}

async function sent<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, patience?: number): Promise<T> {
  return (await call<{ data: T }>(method, path, { ...(body === undefined ? {} : { body }), ...(patience === undefined ? {} : { patience }) })).data;
}

export const addStudent = (form: StudentForm) => sent<StudentAdded>('POST', '/admin/students', form);
export const deleteStudent = (id: string) => sent<{ archived: boolean }>('DELETE', at(id));
export const restoreStudent = (id: string) => sent<StudentRow>('POST', at(id, '/restore'));
export const resetPassword = (id: string) => sent<StudentPassword>('POST', at(id, '/reset-password'), {});

/** What the server has made of it stands in the view before it is asked for again: whoever changes it once more at once changes that. */
export async function changeStudent(queries: QueryClient, id: string, form: StudentForm): Promise<void> {
  queries.setQueryData(oneStudent(id).queryKey, await sent<StudentRow>('PUT', at(id), form));
}

const importAt = (id: string, what = '') => `/admin/students/imports/${encodeURIComponent(id)}${what}`;

/** A whole institute is not entered within the time of one answer, and the page shows how far it is. */
const forManyRows = 10 * 60_000;

export const applyStudents = (id: string) => sent<{ success: number }>('POST', importAt(id, '/apply'), undefined, forManyRows);
export const importState = (id: string) => getData<StudentImport>(importAt(id));
