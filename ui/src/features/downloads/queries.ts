import { infiniteQueryOptions, keepPreviousData, queryOptions, type QueryClient } from '@tanstack/react-query';
import { call, getData } from '../../kit/api.ts';
import { dayIn, now } from '../../kit/clock.ts';
import type { AudienceReach, ManagedDownload, ManagedDownloadsPage, StudentDownloadsPage } from '../../kit/wire.ts';
import { askAgain } from '../../realtime/ask-again.ts';
import { changeLists } from '../../realtime/change-lists.ts';
import { applyForStaff, applyForStudent, nextPage, type ManagedFilter, type Pages, type StaffChange, type StudentChange, type StudentFilter } from './cache.ts';

const pageSize = 20;

export const everything: StudentFilter = { search: '', category: '' };
export const everythingManaged: ManagedFilter = { search: '', category: '', semester: '', academicYear: '' };

export const studentDownloads = (filter: StudentFilter) => infiniteQueryOptions({
  queryKey: ['downloads', 'student', filter] as const,
  queryFn: ({ pageParam, signal }) => getData<StudentDownloadsPage>('/student/downloads', { ...filter, page: pageParam, limit: pageSize }, signal),
  initialPageParam: 1,
  getNextPageParam: nextPage,
  placeholderData: keepPreviousData,
  meta: { live: true },
});

export const managedDownloads = (filter: ManagedFilter) => infiniteQueryOptions({
  queryKey: ['downloads', 'managed', filter] as const,
  queryFn: ({ pageParam, signal }) => getData<ManagedDownloadsPage>('/admin/downloads', { ...filter, page: pageParam, limit: pageSize }, signal),
  initialPageParam: 1,
  getNextPageParam: nextPage,
  placeholderData: keepPreviousData,
  meta: { live: true },
});

/** Takes a change into every list on the page. */
export function changeForStudent(queries: QueryClient, change: StudentChange, timezone: string): void {
  const today = dayIn(timezone, now());
  changeLists<Pages<StudentDownloadsPage>>(queries, ['downloads', 'student'], (data, key) => applyForStudent(data, change, key[2] as StudentFilter, today));
}

export function changeForStaff(queries: QueryClient, change: StaffChange): void {
  changeLists<Pages<ManagedDownloadsPage>>(queries, ['downloads', 'managed'], (data, key) => applyForStaff(data, change, key[2] as ManagedFilter));
}

/** Asks for the lists of staff again. What is shown stays until the answer is there. */
export const refreshManaged = (queries: QueryClient): Promise<void> => askAgain(queries, { queryKey: ['downloads', 'managed'] });

export interface AudienceQuestion {
  targetAudience: string;
  courses: string;
  semesters: string;
  years: string;
  students: string;
}

export const audienceReach = (question: AudienceQuestion) => queryOptions({
  queryKey: ['downloads', 'audience', question] as const,
  queryFn: ({ signal }) => getData<AudienceReach>('/admin/downloads/audience', { ...question }, signal),
  staleTime: 30_000,
  placeholderData: keepPreviousData,
});

/** The part of a document that people write. */
export interface Metadata {
  title: string;
  description: string;
  category: string;
  subject: string;
  semester: string;
  academicYear: string;
  tags: string;
  expiryDate: string;
  targetAudience: string;
  specificTargets: string;
}

export async function saveMetadata(id: string, metadata: Metadata, rev: number): Promise<ManagedDownload> {
  const specificTargets: unknown = JSON.parse(metadata.specificTargets);
  const { data } = await call<{ data: ManagedDownload }>('PUT', `/admin/downloads/${encodeURIComponent(id)}`, { body: { ...metadata, specificTargets, rev } });
  return data;
}

export async function deleteDownload(id: string): Promise<void> {
  await call('DELETE', `/admin/downloads/${encodeURIComponent(id)}`);
}
