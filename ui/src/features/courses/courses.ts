import { queryOptions, type QueryClient } from '@tanstack/react-query';
import { call, getData } from '../../kit/api.ts';
import { replaced } from '../../kit/replaced.ts';
import type { Course, CourseForm } from '../../kit/wire.ts';

export const coursesQuery = queryOptions({
  queryKey: ['courses'],
  queryFn: ({ signal }) => getData<Course[]>('/admin/courses', {}, signal),
  meta: { live: true },
});

/** The semesters of a course; of no certain one, as many as any has. */
export const semestersOf = (course: Course | undefined): string[] => Array.from({ length: course?.semesters ?? 8 }, (_, index) => String(index + 1));

/** The semester that was chosen, or another where this course does not have it. */
export const semesterOf = (course: Course | undefined, chosen: string, otherwise = '1'): string => (semestersOf(course).includes(chosen) ? chosen : otherwise);

const at = (id: string) => `/admin/courses/${encodeURIComponent(id)}`;

export const oneCourse = (id: string) => getData<Course>(at(id));

export async function addCourse(form: CourseForm): Promise<void> {
  await call('POST', '/admin/courses', { body: form });
}

export async function changeCourse(queries: QueryClient, id: string, form: CourseForm): Promise<void> {
  const { data: changed } = await call<{ data: Course }>('PUT', at(id), { body: form });
  queries.setQueryData(coursesQuery.queryKey, (courses) => courses && replaced(courses, changed));
}

export async function deleteCourse(id: string): Promise<void> {
  await call('DELETE', at(id));
}
