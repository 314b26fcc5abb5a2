import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ManagedUser, UserList } from '../../kit/wire.ts';
import { changeUser, switchUser, usersPage } from './queries.ts';

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

  const changedMeanwhile = () => Response.json({ code: 'users.changed_meanwhile', message: 'Somebody else changed it.' }, { status: 409 });
  const is = (isActive: boolean) => ({ ...user('b', 2), isActive });

  it('is switched as was asked, whatever it is meanwhile', async () => {
    const asked: unknown[] = [];
    vi.stubGlobal('fetch', (address: string, { method, body }: RequestInit) => {
      asked.push(method, address, JSON.parse(body as string));
      return Promise.resolve(Response.json({ data: is(false) }));
    });
    await switchUser(queries, 'b', false, 1);
    expect(asked).toEqual(['PUT', '/api/admin/users/b', { isActive: false, version: 1 }]);
    expect(shown()).toEqual([user('a', 1), is(false)]);
  });

  it('was switched already when the answer to the first try was lost', async () => {
    vi.stubGlobal('fetch', (_: string, { method }: RequestInit) => Promise.resolve(method === 'PUT' ? changedMeanwhile() : Response.json({ data: is(false) })));
    await switchUser(queries, 'b', false, 1);
    expect(shown()).toEqual([user('a', 1), is(false)]);
  });

  it('is not switched when somebody else changed something else', async () => {
    vi.stubGlobal('fetch', (_: string, { method }: RequestInit) => Promise.resolve(method === 'PUT' ? changedMeanwhile() : Response.json({ data: is(true) })));
    await expect(switchUser(queries, 'b', false, 1)).rejects.toThrow('Somebody else changed it.');
    expect(shown()).toEqual([user('a', 1), user('b', 1)]);
  });
});
