import { queryOptions } from '@tanstack/react-query';
import { call, getData } from '../../kit/api.ts';
import type { RegulationForm, Regulations } from '../../kit/wire.ts';

export const regulationsQuery = queryOptions({
  queryKey: ['regulations'] as const,
  queryFn: ({ signal }) => getData<Regulations>('/admin/regulations', {}, signal),
  meta: { live: true },
});

export async function setRegulation(form: RegulationForm): Promise<Regulations> {
  return (await call<{ data: Regulations }>('PUT', '/admin/regulations', { body: form })).data;
}
