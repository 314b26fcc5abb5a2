import type { QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { asProblem, type Problem } from '../../kit/problem.ts';
import { saveAs } from '../../kit/saving.ts';
import type { Download } from '../../kit/wire.ts';
import { fetchFile, recordOpened } from './fetch-file.ts';
import { changeForStudent } from './queries.ts';

/**
 * The downloads a student has begun. They belong to the session and not to a card: going to another page, or an item
 * leaving a list of unread ones, does not break off what is on its way.
 */
export type Opening =
  | { state: 'under way'; share: number }
  | { state: 'saved' }
  | { state: 'failed'; problem: Problem };

let openings: ReadonlyMap<string, Opening> = new Map();
const aborts = new Map<string, AbortController>();
const listeners = new Set<() => void>();

function set(id: string, opening: Opening | null): void {
  const next = new Map(openings);
  if (opening === null) next.delete(id);
  else next.set(id, opening);
  openings = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useOpenings = (): ReadonlyMap<string, Opening> => useSyncExternalStore(subscribe, () => openings);

/** For a student: first the institute is told, then the file is fetched and saved. */
export function openForStudent(queries: QueryClient, item: Download, timezone: string): Promise<void> {
  return open(item, async (signal) => {
    await recordOpened(item._id, signal);
    changeForStudent(queries, { type: 'opened', _id: item._id }, timezone);
  });
}

/** Staff look at a file without being counted. */
export const openForStaff = (item: Download): Promise<void> => open(item, () => Promise.resolve());

async function open(item: Download, first: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const id = item._id;
  if (aborts.has(id)) return;
  const abort = new AbortController();
  aborts.set(id, abort);
  set(id, { state: 'under way', share: 0 });
  try {
    await first(abort.signal);
    const blob = await fetchFile(id, item.fileSize, (share) => set(id, { state: 'under way', share }), abort.signal);
    saveAs(blob, item.fileName);
    set(id, { state: 'saved' });
  } catch (error) {
    set(id, abort.signal.aborted ? null : { state: 'failed', problem: asProblem(error) });
  } finally {
    aborts.delete(id);
  }
}

export const cancelOpening = (id: string): void => aborts.get(id)?.abort();

/** Forgets what is over; what is under way goes on. */
export function forgetFinished(): void {
  for (const [id, { state }] of openings) if (state !== 'under way') set(id, null);
}

/** The session is over. */
export function abortOpenings(): void {
  for (const abort of aborts.values()) abort.abort();
  forgetFinished();
}
