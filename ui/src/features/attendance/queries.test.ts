import { QueryClient } from '@tanstack/react-query';
import { afterEach, expect, it, vi } from 'vitest';
import type { Attendance, AttendanceList } from '../../kit/wire.ts';
import { correct, recordsOf } from './queries.ts';

const record = (_id: string, rev: number) => ({ _id, rev }) as Attendance;
const page = recordsOf({ from: '', to: '', course: '', semester: '', subject: '', status: '', studentId: '' }, 1).queryKey;

afterEach(() => vi.unstubAllGlobals());

it('a record that was corrected stands in the list with its new revision before the list is asked for again', async () => {
  const queries = new QueryClient();
  queries.setQueryData(page, { attendance: [record('a', 1), record('b', 1)] } as AttendanceList);
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ data: record('b', 2) })));
  await correct(queries, 'b', { status: 'Late', remarks: null, hoursAttended: null, reason: 'x', rev: 1 });
  expect(queries.getQueryData(page)?.attendance).toEqual([record('a', 1), record('b', 2)]);
});
