import { queryOptions } from '@tanstack/react-query';
import { getData } from '../../kit/api.ts';
import type { Course } from '../../kit/wire.ts';

export const coursesQuery = queryOptions({
  queryKey: ['courses'],
  queryFn: ({ signal }) => getData<Course[]>('/admin/courses', {}, signal),
});
