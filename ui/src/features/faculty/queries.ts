import { keepPreviousData, queryOptions, type QueryClient } from '@tanstack/react-query';
import { call, getData } from '../../kit/api.ts';
import { asProblem } from '../../kit/problem.ts';
import { replaced } from '../../kit/replaced.ts';
import type { FacultyForm, FacultyMember } from '../../kit/wire.ts';
import { askAgain } from '../../realtime/ask-again.ts';

export interface FacultyFilter {
  search: string;
  department: string;
  isActive: string;
}

/** All who match: an institute has as many as one answer holds. */
export const facultyList = (filter: FacultyFilter) => queryOptions({
  queryKey: ['faculty', 'list', filter] as const,
  queryFn: ({ signal }) => getData<FacultyMember[]>('/admin/faculty', { ...filter }, signal),
  placeholderData: keepPreviousData,
  meta: { live: true },
});

interface Offered {
  departments: string[];
  designations: string[];
}

/** What forms and filters offer: what is usual, and what somebody has written. */
export const offeredQuery = queryOptions({
  queryKey: ['faculty', 'offered'] as const,
  queryFn: async ({ signal }) => (await getData<{ filters: Offered }>('/faculty', {}, signal)).filters,
});

export const refreshFaculty = (queries: QueryClient): Promise<void> => askAgain(queries, { queryKey: ['faculty'] });

const at = (id: string) => `/admin/faculty/${encodeURIComponent(id)}`;

async function sent<T>(method: 'POST' | 'PUT', path: string, body: unknown): Promise<T> {
  return (await call<{ data: T }>(method, path, { body })).data;
}

export const oneMember = (id: string) => getData<FacultyMember>(at(id));
export const addMember = (form: FacultyForm) => sent<FacultyMember>('POST', '/admin/faculty', form);

const keep = (queries: QueryClient, member: FacultyMember) => queries.setQueriesData<FacultyMember[]>({ queryKey: ['faculty', 'list'] }, (members) => members && replaced(members, member));

export async function changeMember(queries: QueryClient, id: string, form: FacultyForm): Promise<void> {
  keep(queries, await sent<FacultyMember>('PUT', at(id), form));
}

/** Switches a member's account off or on. When the answer to an earlier try was lost, or somebody else was faster, it is so already: that is what was wanted. */
export async function switchMember(queries: QueryClient, id: string, isActive: boolean, version: number): Promise<void> {
  await changeMember(queries, id, { isActive, version }).catch(async (error: unknown) => {
    if (asProblem(error).code !== 'faculty.changed_meanwhile') throw error;
    const current = await oneMember(id);
    if (current.isActive !== isActive) throw error;
    keep(queries, current);
  });
}

export async function deleteMember(id: string): Promise<void> {
  await call('DELETE', at(id));
}
