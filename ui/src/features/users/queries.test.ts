import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ManagedUser, UserList } from '../../kit/wire.ts';
import { changeUser, toggleUser, usersPage } from './queries.ts';

const user = (_id: string, version: number) => ({ _id, version }) as ManagedUser;
const page = usersPage({ search: '', role: '', status: '' }, 1).queryKey;

describe('an account that was changed', () => {
  let queries = new QueryClient();
  const shown = () => queries.getQueryData(page)?.data;

  beforeEach(() => {
    queries = new QueryClient();
    queries.setQueryData(page, { data: [user('a', 1), user('b', 1)] } as UserList);
  });
  afterEach(() => vi.unstubAllGlobals());

  it('stands in the list with its new version before the list is asked for again', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ data: user('b', 2) })));
    await changeUser(queries, 'b', { department: 'Surgery', version: 1 });
    expect(shown()).toEqual([user('a', 1), user('b', 2)]);
  });

  it('does so too when it was switched, of which the answer does not name the version', async () => {
    vi.stubGlobal('fetch', (_: string, { method }: RequestInit) => Promise.resolve(Response.json({ data: method === 'PATCH' ? { isActive: false } : user('b', 2) })));
    await toggleUser(queries, 'b');
    expect(shown()).toEqual([user('a', 1), user('b', 2)]);
  });

  it('was switched, also when it can’t be read then', async () => {
    vi.stubGlobal('fetch', (_: string, { method }: RequestInit) => (method === 'PATCH' ? Promise.resolve(Response.json({ data: { isActive: false } })) : Promise.reject(new TypeError('no signal'))));
    await expect(toggleUser(queries, 'b')).resolves.toBeUndefined();
    expect(shown()).toEqual([user('a', 1), user('b', 1)]);
  });
});
