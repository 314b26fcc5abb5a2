import { infiniteQueryOptions, keepPreviousData, queryOptions, type QueryClient } from '@tanstack/react-query';
import { call, getData } from '../../kit/api.ts';
import { replaced } from '../../kit/replaced.ts';
import type { NoticeForm, NotificationsPage, WrittenNotice, WrittenNoticesPage } from '../../kit/wire.ts';
import { askAgain } from '../../realtime/ask-again.ts';
import { changeLists } from '../../realtime/change-lists.ts';
import { apply, nextPage, type Happening, type Pages } from './cache.ts';

/** The signed-in person's own; those they have not read, or all. */
export const ownNotifications = (unreadOnly = false) => infiniteQueryOptions({
  queryKey: ['notifications', 'own', unreadOnly] as const,
  queryFn: ({ pageParam, signal }) => getData<NotificationsPage>('/notifications', { page: pageParam, limit: 20, ...(unreadOnly ? { unread: 'true' } : {}) }, signal),
  initialPageParam: 1,
  getNextPageParam: nextPage,
  meta: { live: true },
});

export function takeIn(queries: QueryClient, happening: Happening): void {
  changeLists<Pages>(queries, ['notifications', 'own'], (data) => apply(data, happening));
}

/** On all devices of this person: the others hear of it. */
export async function markRead(queries: QueryClient, id: string | null): Promise<void> {
  await call('PUT', id === null ? '/notifications/read' : `/notifications/${encodeURIComponent(id)}/read`);
  takeIn(queries, { type: 'read', _id: id });
}

export interface NoticesFilter {
  category: string;
  priority: string;
  status: string;
}

export const writtenNotices = (filter: NoticesFilter, page: number) => queryOptions({
  queryKey: ['notifications', 'written', filter, page] as const,
  queryFn: ({ signal }) => getData<WrittenNoticesPage>('/admin/notifications', { ...filter, page, limit: 20 }, signal),
  placeholderData: keepPreviousData,
  meta: { live: true },
});

export const refreshWritten = (queries: QueryClient): Promise<void> => askAgain(queries, { queryKey: ['notifications', 'written'] });

const at = (id: string) => `/admin/notifications/${encodeURIComponent(id)}`;

export async function writeNotice(form: NoticeForm): Promise<WrittenNotice> {
  return (await call<{ data: WrittenNotice }>('POST', '/admin/notifications', { body: form })).data;
}

export async function changeNotice(queries: QueryClient, id: string, form: NoticeForm): Promise<void> {
  const { data: changed } = await call<{ data: WrittenNotice }>('PUT', at(id), { body: form });
  queries.setQueriesData<WrittenNoticesPage>({ queryKey: ['notifications', 'written'] }, (page) => page && { ...page, notifications: replaced(page.notifications, changed) });
}

export async function deleteNotice(id: string): Promise<void> {
  await call('DELETE', at(id));
}

/** One as it stands now, for who finds that somebody else was faster. */
export async function lookAtNotice(id: string): Promise<WrittenNotice> {
  return (await getData<{ notification: WrittenNotice }>(at(id))).notification;
}
