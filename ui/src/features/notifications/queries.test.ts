import { QueryClient } from '@tanstack/react-query';
import { afterEach, expect, it, vi } from 'vitest';
import type { WrittenNotice, WrittenNoticesPage } from '../../kit/wire.ts';
import { changeNotice, writtenNotices } from './queries.ts';

const notice = (_id: string, rev: number) => ({ _id, rev }) as WrittenNotice;
const page = writtenNotices({ category: '', priority: '', status: '' }, 1).queryKey;

afterEach(() => vi.unstubAllGlobals());

it('a notice that was changed stands in the list with its new revision before the list is asked for again', async () => {
  const queries = new QueryClient();
  queries.setQueryData(page, { notifications: [notice('a', 1), notice('b', 1)] } as WrittenNoticesPage);
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ data: notice('b', 2) })));
  await changeNotice(queries, 'b', { isActive: false, rev: 1 });
  expect(queries.getQueryData(page)?.notifications).toEqual([notice('a', 1), notice('b', 2)]);
});
