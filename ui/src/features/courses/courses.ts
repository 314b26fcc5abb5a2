import { queryOptions } from '@tanstack/react-query';
import { call, getData } from '../../kit/api.ts';
import type { Course, CourseForm } from '../../kit/wire.ts';

export const coursesQuery = queryOptions({
  queryKey: ['courses'],
  queryFn: ({ signal }) => getData<Course[]>('/admin/courses', {}, signal),
  meta: { live: true },
});

const at = (id: string) => `/admin/courses/${encodeURIComponent(id)}`;

export const oneCourse = (id: string) => getData<Course>(at(id));

export async function addCourse(form: CourseForm): Promise<void> {
  await call('POST', '/admin/courses', { body: form });
}

export async function changeCourse(id: string, form: CourseForm): Promise<void> {
  await call('PUT', at(id), { body: form });
}

export async function deleteCourse(id: string): Promise<void> {
  await call('DELETE', at(id));
}
