/** What a live event does to the lists of notifications that are on the page. Pure; newest first. */
import type { InfiniteData } from '@tanstack/react-query';
import type { Notification, NotificationsPage, ReceivedNotification } from '../../kit/wire.ts';
import type { Changed } from '../../realtime/change-lists.ts';

export type Pages = InfiniteData<NotificationsPage>;

export type Happening =
  | { type: 'created' | 'updated'; document: Notification }
  | { type: 'deleted'; _id: string }
  /** One, or all of them; `unread` is the server's count where it is known. */
  | { type: 'read'; _id: string | null; unread?: number };

/** What the server writes about somebody's marks: `marks:published` and its like bring a toast of their own at the same moment. */
export const isToldByItsPage = ({ sender, category, actionUrl }: Notification): boolean => sender == null && category === 'Result' && actionUrl === '/marks';

export const hasMore = (page: NotificationsPage | undefined): boolean => page !== undefined && page.pagination.page < page.pagination.pages;

export const nextPage = (last: NotificationsPage): number | undefined => (hasMore(last) ? last.pagination.page + 1 : undefined);

/** All of them, each once: a page that is loaded after one came repeats the end of the page before. */
export function flatten(data: Pages | undefined): ReceivedNotification[] {
  const seen = new Map<string, ReceivedNotification>();
  for (const page of data?.pages ?? []) {
    for (const item of page.notifications) if (!seen.has(item._id)) seen.set(item._id, item);
  }
  return [...seen.values()];
}

type Change = (item: ReceivedNotification) => ReceivedNotification | null;

function each(data: Pages, change: Change): Pages {
  return { ...data, pages: data.pages.map((page) => ({ ...page, notifications: page.notifications.map(change).filter((item) => item !== null) })) };
}

function counted(data: Pages, unread: number, total = 0): Pages {
  return {
    ...data,
    pages: data.pages.map((page) => ({ ...page, unread: Math.max(0, unread), pagination: { ...page.pagination, total: Math.max(0, page.pagination.total + total) } })),
  };
}

export function apply(data: Pages, happening: Happening): Changed<Pages> {
  const unread = data.pages[0]?.unread ?? 0;
  const items = flatten(data);
  const find = (id: string) => items.find(({ _id }) => _id === id);
  switch (happening.type) {
    case 'created': {
      const { document } = happening;
      if (find(document._id) !== undefined) return { data, shifted: false };
      const [first, ...rest] = data.pages;
      if (first === undefined) return { data, shifted: true };
      const item: ReceivedNotification = { ...document, read: false, readBy: [] };
      return { data: counted({ ...data, pages: [{ ...first, notifications: [item, ...first.notifications] }, ...rest] }, unread + 1, 1), shifted: false };
    }
    case 'updated':
      return { data: each(data, (item) => (item._id === happening.document._id ? { ...item, ...happening.document } : item)), shifted: false };
    case 'deleted': {
      const before = find(happening._id);
      // Whether one that is not loaded had been read, only the server knows.
      if (before === undefined) return { data, shifted: hasMore(data.pages.at(-1)) };
      const without = each(data, (item) => (item._id === happening._id ? null : item));
      return { data: counted(without, unread - (before.read ? 0 : 1), -1), shifted: hasMore(data.pages.at(-1)) };
    }
    case 'read': {
      const { _id } = happening;
      const gone = _id === null ? unread : find(_id)?.read === false ? 1 : 0;
      const next = each(data, (item) => (_id === null || item._id === _id ? { ...item, read: true } : item));
      return { data: counted(next, happening.unread ?? unread - gone), shifted: false };
    }
  }
}
