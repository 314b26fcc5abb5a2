import { keepPreviousData, queryOptions, type QueryClient } from '@tanstack/react-query';
import { call, getData } from '../../kit/api.ts';
import { asProblem } from '../../kit/problem.ts';
import { replaced } from '../../kit/replaced.ts';
import type { ManagedUser, UserAdded, UserForm, UserList } from '../../kit/wire.ts';
import { askAgain } from '../../realtime/ask-again.ts';

export interface UsersFilter {
  search: string;
  role: string;
  status: string;
}

export const usersPage = (filter: UsersFilter, page: number) => queryOptions({
  queryKey: ['users', filter, page] as const,
  queryFn: ({ signal }) => call<UserList>('GET', '/admin/users', { query: { ...filter, page, limit: 50 }, signal }),
  placeholderData: keepPreviousData,
  meta: { live: true },
});

export const refreshUsers = (queries: QueryClient): Promise<void> => askAgain(queries, { queryKey: ['users'] });

const at = (id: string, what = '') => `/admin/users/${encodeURIComponent(id)}${what}`;

async function sent<T>(method: 'POST' | 'PUT', path: string, body?: unknown): Promise<T> {
  return (await call<{ data: T }>(method, path, body === undefined ? {} : { body })).data;
}

export const oneUser = (id: string) => getData<ManagedUser>(at(id));
export const addUser = (form: UserForm) => sent<UserAdded>('POST', '/admin/users', form);
export const giveNewPassword = (id: string) => sent<{ email: string; password?: string }>('POST', at(id, '/reset-password'), {});

const keep = (queries: QueryClient, user: ManagedUser) => queries.setQueriesData<UserList>({ queryKey: ['users'] }, (list) => list && { ...list, data: replaced(list.data, user) });

export async function changeUser(queries: QueryClient, id: string, form: UserForm): Promise<void> {
  keep(queries, await sent<ManagedUser>('PUT', at(id), form));
}

/** Switches an account off or on. When the answer to an earlier try was lost, or somebody else was faster, it is so already: that is what was wanted. */
export async function switchUser(queries: QueryClient, id: string, isActive: boolean, version: number): Promise<void> {
  await changeUser(queries, id, { isActive, version }).catch(async (error: unknown) => {
    if (asProblem(error).code !== 'users.changed_meanwhile') throw error;
    const current = await oneUser(id);
    if (current.isActive !== isActive) throw error;
    keep(queries, current);
  });
}

export async function deleteUser(id: string): Promise<void> {
  await call('DELETE', at(id));
}

export async function signOutUser(id: string): Promise<void> {
  await call('DELETE', at(id, '/sessions'));
}
