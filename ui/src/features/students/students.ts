import { queryOptions } from '@tanstack/react-query';
import { getData } from '../../kit/api.ts';
import type { StudentsPage } from '../../kit/wire.ts';

/** The first students a search finds; enough to pick from, never the whole institute. */
export const studentSearch = (search: string) => queryOptions({
  queryKey: ['students', 'search', search],
  queryFn: ({ signal }) => getData<StudentsPage>('/admin/students', { search, page: 1, limit: 20 }, signal),
});
