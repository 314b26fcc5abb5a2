import { queryOptions } from '@tanstack/react-query';
import { getData } from '../../kit/api.ts';
import type { Dashboard } from '../../kit/wire.ts';

/** How the signed-in student stands, in a few figures. The listeners of attendance and marks ask for it again. */
export const dashboardQuery = queryOptions({
  queryKey: ['home', 'dashboard'] as const,
  queryFn: ({ signal }) => getData<Dashboard>('/student/dashboard', {}, signal),
  meta: { live: true },
});
