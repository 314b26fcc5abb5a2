import { queryOptions } from '@tanstack/react-query';
import { getData } from '../../kit/api.ts';
import type { Pagination, StudentRow } from '../../kit/wire.ts';

interface StudentsPage {
  students: StudentRow[];
  pagination: Pagination;
}

/** The first students a search finds; enough to pick from, never the whole institute. */
export const studentSearch = (search: string) => queryOptions({
  queryKey: ['students', 'search', search],
  queryFn: ({ signal }) => getData<StudentsPage>('/admin/students', { search, page: 1, limit: 20 }, signal),
});
