import { QueryClient } from '@tanstack/react-query';
import { afterEach, expect, it, vi } from 'vitest';
import type { StudentRow } from '../../kit/wire.ts';
import { coursesQuery } from '../courses/courses.ts';
import { changeStudent, oneStudent, refreshStudents } from './students.ts';

const student = (version: number) => ({ _id: 'a', version }) as StudentRow;

afterEach(() => vi.unstubAllGlobals());

it('a student who was changed is shown with their new version before they are asked for again', async () => {
  const queries = new QueryClient();
  queries.setQueryData(oneStudent('a').queryKey, student(1));
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ data: student(2) })));
  await changeStudent(queries, 'a', { notes: 'x', version: 1 });
  expect(queries.getQueryData(oneStudent('a').queryKey)).toEqual(student(2));
});

it('the seats of the courses are asked for again with the students who take them', async () => {
  const queries = new QueryClient();
  queries.setQueryData(oneStudent('a').queryKey, student(1));
  queries.setQueryData(coursesQuery.queryKey, []);
  await refreshStudents(queries);
  expect(queries.getQueryState(oneStudent('a').queryKey)?.isInvalidated).toBe(true);
  expect(queries.getQueryState(coursesQuery.queryKey)?.isInvalidated).toBe(true);
});
