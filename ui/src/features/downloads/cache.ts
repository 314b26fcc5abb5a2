/**
 * What a change does to the lists that are already on the page. Pure; the order of a list is newest first.
 *
 * Students' pages take an event's document as it is. Staff see more of a piece of material than events carry, so their lists
 * take in what they saved themselves, and what was deleted; for the rest they ask again (see `listeners.tsx`).
 */
import type { InfiniteData } from '@tanstack/react-query';
import type { Download, ManagedDownload, ManagedDownloadsPage, Pagination, StudentDownload, StudentDownloadsPage } from '../../kit/wire.ts';
import type { Changed } from '../../realtime/change-lists.ts';
import { hasExpired } from './expiry.ts';

type Made<D> = { type: 'saved'; document: D } | { type: 'deleted'; _id: string };

export type StudentChange = Made<Download> | { type: 'opened'; _id: string };
export type StaffChange = Made<ManagedDownload>;

export type Pages<P> = InfiniteData<P>;

export interface StudentFilter {
  search: string;
  category: string;
}

export interface ManagedFilter extends StudentFilter {
  semester: string;
  academicYear: string;
}

interface ListPage<T> {
  downloads: T[];
  pagination: Pagination;
}

type Applied<P> = Changed<Pages<P>>;

/** As the server does it: every word, anywhere in these. */
function isFound(document: Download, search: string): boolean {
  const searched = [document.title, document.description, document.subject, document.fileName, ...document.tags].join('\n').toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => searched.includes(word));
}

export function belongsToStudent(document: Download, filter: StudentFilter, today: string): boolean {
  return !hasExpired(document, today)
    && (filter.category === '' || document.category === filter.category)
    && isFound(document, filter.search);
}

export function belongsToManaged(document: Download, filter: ManagedFilter): boolean {
  return (filter.category === '' || document.category === filter.category)
    && (filter.semester === '' || String(document.semester ?? '') === filter.semester)
    && (filter.academicYear === '' || document.academicYear === filter.academicYear)
    && isFound(document, filter.search);
}

/** All items of a list, each once: a page loaded after an insertion repeats the end of the one before. */
export function flatten<T extends Download>(data: Pages<ListPage<T>> | undefined): T[] {
  const seen = new Map<string, T>();
  for (const page of data?.pages ?? []) {
    for (const item of page.downloads) if (!seen.has(item._id)) seen.set(item._id, item);
  }
  return [...seen.values()];
}

const hasMore = (page: ListPage<unknown> | undefined): boolean => page !== undefined && page.pagination.page < page.pagination.pages;

export const nextPage = (last: ListPage<unknown>): number | undefined => (hasMore(last) ? last.pagination.page + 1 : undefined);

function counted<P extends ListPage<unknown>>(pages: P[], by: number): P[] {
  return pages.map((page) => {
    const total = Math.max(0, page.pagination.total + by);
    return { ...page, pagination: { ...page.pagination, total, pages: Math.max(1, Math.ceil(total / page.pagination.limit)) } };
  });
}

function without<T extends Download, P extends ListPage<T>>(data: Pages<P>, id: string): Applied<P> {
  const pages = data.pages.map((page) => ({ ...page, downloads: page.downloads.filter((item) => item._id !== id) }));
  return { data: { ...data, pages: counted(pages, -1) }, shifted: hasMore(data.pages.at(-1)) };
}

/** Puts an item in its place; null when its place is in a part that is not loaded. */
function inserted<T extends Download, P extends ListPage<T>>(data: Pages<P>, item: T): Pages<P> | null {
  const isAfter = (other: T) => Date.parse(other.uploadedAt) <= Date.parse(item.uploadedAt);
  const found = data.pages.findIndex((page) => page.downloads.some(isAfter));
  if (found < 0 && hasMore(data.pages.at(-1))) return null;
  const at = found < 0 ? data.pages.length - 1 : found;
  const pages = data.pages.map((page, index) => {
    if (index !== at) return page;
    const place = found < 0 ? page.downloads.length : page.downloads.findIndex(isAfter);
    return { ...page, downloads: [...page.downloads.slice(0, place), item, ...page.downloads.slice(place)] };
  });
  return { ...data, pages: counted(pages, 1) };
}

interface Rules<D, T> {
  belongs: (document: D) => boolean;
  /** How the reader sees the document, given how they saw it before. */
  seen: (document: D, before: T | undefined) => T;
}

function apply<D extends Download, T extends D, P extends ListPage<T>>(data: Pages<P>, change: Made<D>, rules: Rules<D, T>): Applied<P> {
  const id = change.type === 'saved' ? change.document._id : change._id;
  const before = flatten(data).find((item) => item._id === id);
  if (change.type === 'deleted') return before === undefined ? { data, shifted: hasMore(data.pages.at(-1)) } : without<T, P>(data, id);
  const { document } = change;
  if (before === undefined) {
    const next = rules.belongs(document) ? inserted<T, P>(data, rules.seen(document, before)) : data;
    return { data: next ?? data, shifted: next === null };
  }
  if (Date.parse(before.updatedAt) > Date.parse(document.updatedAt)) return { data, shifted: false };
  if (!rules.belongs(document)) return without<T, P>(data, id);
  const now = rules.seen(document, before);
  const pages = data.pages.map((page) => ({ ...page, downloads: page.downloads.map((item) => (item._id === id ? now : item)) }));
  return { data: { ...data, pages }, shifted: false };
}

const unopenedIn = (items: StudentDownload[]): number => items.filter((item) => !item.opened).length;

function withUnopened(data: Pages<StudentDownloadsPage>, by: number): Pages<StudentDownloadsPage> {
  return by === 0 ? data : { ...data, pages: data.pages.map((page) => ({ ...page, unopened: Math.max(0, page.unopened + by) })) };
}

function withCategory(data: Pages<StudentDownloadsPage>, category: string): Pages<StudentDownloadsPage> {
  if (data.pages[0]?.filters.categories.includes(category) !== false) return data;
  return { ...data, pages: data.pages.map((page) => ({ ...page, filters: { categories: [...page.filters.categories, category] } })) };
}

function opened(data: Pages<StudentDownloadsPage>, id: string): Pages<StudentDownloadsPage> {
  const item = flatten(data).find((one) => one._id === id);
  if (item === undefined) return data;
  const now = { ...item, opened: true, downloadCount: item.downloadCount + 1 };
  const pages = data.pages.map((page) => ({ ...page, downloads: page.downloads.map((one) => (one._id === id ? now : one)) }));
  return withUnopened({ ...data, pages }, item.opened ? 0 : -1);
}

export function applyForStudent(data: Pages<StudentDownloadsPage>, change: StudentChange, filter: StudentFilter, today: string): Applied<StudentDownloadsPage> {
  if (change.type === 'opened') return { data: opened(data, change._id), shifted: false };
  const { data: next, shifted } = apply<Download, StudentDownload, StudentDownloadsPage>(data, change, {
    belongs: (document) => belongsToStudent(document, filter, today),
    seen: (document, before) => ({ ...document, opened: before?.opened ?? false }),
  });
  const changed = withUnopened(next, unopenedIn(flatten(next)) - unopenedIn(flatten(data)));
  return { data: change.type === 'saved' && next !== data ? withCategory(changed, change.document.category) : changed, shifted };
}

export function applyForStaff(data: Pages<ManagedDownloadsPage>, change: StaffChange, filter: ManagedFilter): Applied<ManagedDownloadsPage> {
  const applied = apply<ManagedDownload, ManagedDownload, ManagedDownloadsPage>(data, change, {
    belongs: (document) => belongsToManaged(document, filter),
    seen: (document) => document,
  });
  const by = (applied.data.pages[0]?.pagination.total ?? 0) - (data.pages[0]?.pagination.total ?? 0);
  if (by === 0) return applied;
  const pages = applied.data.pages.map((page) => ({ ...page, stats: { ...page.stats, totalFiles: Math.max(0, page.stats.totalFiles + by) } }));
  return { ...applied, data: { ...applied.data, pages } };
}
