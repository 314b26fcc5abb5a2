import { QueryClient } from '@tanstack/react-query';
import { afterEach, expect, it, vi } from 'vitest';
import type { Course } from '../../kit/wire.ts';
import { changeCourse, coursesQuery, semesterOf, semestersOf } from './courses.ts';

const course = (_id: string, version: number) => ({ _id, version }) as Course;

afterEach(() => vi.unstubAllGlobals());

it('a course that was changed stands in the list with its new version before the list is asked for again', async () => {
  const queries = new QueryClient();
  queries.setQueryData(coursesQuery.queryKey, [course('a', 1), course('b', 1)]);
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ data: course('b', 2) })));
  await changeCourse(queries, 'b', { isActive: false, version: 1 });
  expect(queries.getQueryData(coursesQuery.queryKey)).toEqual([course('a', 1), course('b', 2)]);
});

it('a semester that another course does not have is not taken along to it', () => {
  const short = { semesters: 6 } as Course;
  expect(semestersOf(short).at(-1)).toBe('6');
  expect(semesterOf(short, '8')).toBe('1');
  expect(semesterOf(short, '8', '')).toBe('');
  expect(semesterOf(short, '6')).toBe('6');
  expect(semesterOf(undefined, '8')).toBe('8');
});
