import { QueryClient } from '@tanstack/react-query';
import { afterEach, expect, it, vi } from 'vitest';
import type { Attendance, AttendanceList, LiveEvents, RollCallBoard } from '../../kit/wire.ts';
import { applyMarks, boardOf, correct, marked, recordsOf } from './queries.ts';

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

const seat = (status: string | null, rev: number, at: string | null) => ({ student: { _id: 'asha' }, status, hoursAttended: 1, attendance: null, rev, by: null, at });
const boardWith = (...seats: ReturnType<typeof seat>[]) => ({ students: seats }) as unknown as RollCallBoard;
const tapped = (status: string, rev: number, at: string) => [{ student: 'asha', status, hoursAttended: 1, attendance: 'r', rev, at }] as LiveEvents['attendance:tapped']['marks'];

it('a mark is not undone by an answer that left before it', async () => {
  const queries = new QueryClient();
  const { queryKey } = boardOf('c');
  queries.setQueryData(queryKey, boardWith(seat(null, 0, null)));
  let answer: (board: RollCallBoard) => void = () => undefined;
  const asked = queries.query({ queryKey, queryFn: () => new Promise<RollCallBoard>((resolve) => (answer = resolve)) });
  applyMarks(queries, 'c', tapped('Present', 1, '2026-11-22T10:00:00.000Z'), 'Mary');
  answer(boardWith(seat(null, 0, null)));
  await asked;
  expect(queries.getQueryData(queryKey)?.students[0]?.status).toBe('Present');
});

it.each([
  [1, '2026-11-22T10:00:01.000Z', 'Late'],
  [2, '2026-11-22T10:00:00.000Z', 'Late'],
  [1, '2026-11-22T10:00:00.000Z', 'Present'],
  [3, '2026-11-22T09:00:00.000Z', 'Present'],
])('revision %i of a mark of %s on a board that knows the second of ten: %s', (rev, at, status) => {
  const board = boardWith(seat('Present', 2, '2026-11-22T10:00:00.000Z'));
  expect(marked(board, tapped('Late', rev, at), 'Mary').students[0]?.status).toBe(status);
});
