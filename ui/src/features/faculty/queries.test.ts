import { QueryClient } from '@tanstack/react-query';
import { afterEach, expect, it, vi } from 'vitest';
import type { FacultyMember } from '../../kit/wire.ts';
import { changeMember, facultyList, switchMember } from './queries.ts';

const member = (_id: string, version: number) => ({ _id, version }) as FacultyMember;
const list = (search: string) => facultyList({ search, department: '', isActive: '' }).queryKey;

afterEach(() => vi.unstubAllGlobals());

it('a faculty member who was changed stands in every list with their new version before it is asked for again', async () => {
  const queries = new QueryClient();
  queries.setQueryData(list(''), [member('a', 1), member('b', 1)]);
  queries.setQueryData(list('b'), [member('b', 1)]);
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ data: member('b', 2) })));
  await changeMember(queries, 'b', { isActive: false, version: 1 });
  expect(queries.getQueryData(list(''))).toEqual([member('a', 1), member('b', 2)]);
  expect(queries.getQueryData(list('b'))).toEqual([member('b', 2)]);
});

it('a member who is switched off once more, because the first answer was lost, is found to be so', async () => {
  const queries = new QueryClient();
  const off = { ...member('b', 2), isActive: false };
  queries.setQueryData(list(''), [member('b', 1)]);
  vi.stubGlobal('fetch', (_: string, { method }: RequestInit) => Promise.resolve(method === 'PUT' ? Response.json({ code: 'faculty.changed_meanwhile' }, { status: 409 }) : Response.json({ data: off })));
  await switchMember(queries, 'b', false, 1);
  expect(queries.getQueryData(list(''))).toEqual([off]);
  await expect(switchMember(queries, 'b', true, 1)).rejects.toThrow();
});
