import { queryOptions } from '@tanstack/react-query';
import { call, getData } from '../../kit/api.ts';
import type { InstituteSettings, SystemCheck } from '../../kit/wire.ts';
import type { Groups } from './draft.ts';

export type Settings = Omit<InstituteSettings, 'data'> & { data: Groups };

export const settingsQuery = queryOptions({
  queryKey: ['settings'] as const,
  queryFn: ({ signal }) => call<Settings>('GET', '/admin/settings', { signal }),
  staleTime: 0,
  meta: { live: true },
});

export const changeSettings = (groups: Groups, version: number) => call<Settings>('PUT', '/admin/settings', { body: { ...groups, version } });
export const resetSettings = () => call<Settings>('POST', '/admin/settings/reset');

export const checkQuery = queryOptions({
  queryKey: ['system-check'] as const,
  queryFn: ({ signal }) => getData<SystemCheck>('/admin/system-check', {}, signal),
  staleTime: 0,
  retry: false,
});
