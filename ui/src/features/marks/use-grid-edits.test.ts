import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { session } from '../../kit/session.ts';
import type { MarkGrid, MarkRow } from '../../kit/wire.ts';
import { gridKey } from './queries.ts';
import { keepUnsent, unsentOf } from './unsent.ts';
import { useGridEdits } from './use-grid-edits.ts';

const heard = vi.hoisted(() => new Map<string, (payload: unknown) => void>());
vi.mock('../../realtime/live.tsx', () => ({
  useLiveEvent: (event: string, listener: (payload: unknown) => void) => heard.set(event, listener),
  useLiveState: () => ({ shown: 'live', lastLiveAt: null }),
}));

const rowOf = (value: number, rev: number) => ({ _id: 'asha', cells: { theory: { value, rev } } }) as unknown as MarkRow;
const gridOf = (value: number, rev: number) => ({ sheet: { _id: 'sheet' }, rows: [rowOf(value, rev)] }) as unknown as MarkGrid;
const edited = (value: number, rev: number, by = 'mary') => heard.get('marks:edited')?.({ sheet: 'sheet', cells: [{ student: 'asha', part: 'theory', value, rev }], by });

type Edits = ReturnType<typeof useGridEdits>;

let queries: QueryClient;

function Opened({ grid, onOpen }: { grid: MarkGrid; onOpen: (edits: Edits) => unknown }) {
  onOpen(useGridEdits(grid, 'mary'));
  return null;
}

function open(grid: MarkGrid): Edits {
  const opened: Edits[] = [];
  queries = new QueryClient();
  queries.setQueryData(gridKey('sheet'), grid);
  renderToString(createElement(QueryClientProvider, { client: queries }, createElement(Opened, { grid, onOpen: (edits) => opened.push(edits) })));
  const [edits] = opened;
  if (edits === undefined) throw new Error('It was not shown.');
  return edits;
}

const theory = () => queries.getQueryData<MarkGrid>(gridKey('sheet'))?.rows[0]?.cells.theory;
const isAskedFor = () => queries.getQueryState(gridKey('sheet'))?.isInvalidated;

beforeEach(() => keepUnsent('mary', 'sheet', { cells: [], reason: '' }));
afterEach(() => {
  vi.unstubAllGlobals();
  session.leave();
});

it('takes in what was put in the own name on another device', () => {
  open(gridOf(40, 1));
  edited(41, 2);
  expect(theory()).toEqual({ value: 41, rev: 2 });
  expect(isAskedFor()).toBe(true);
});

it('does nothing for what it knows, as the echo of an own edit', () => {
  open(gridOf(41, 2));
  edited(41, 2);
  edited(40, 1);
  expect(theory()).toEqual({ value: 41, rev: 2 });
  expect(isAskedFor()).toBe(false);
});

it('does not ask for what comes with the answer to what is just sent', async () => {
  vi.stubGlobal('fetch', () => new Promise(() => undefined));
  open(gridOf(40, 1)).put(rowOf(40, 1), 'theory', 41);
  await new Promise((resolve) => setTimeout(resolve, 1));
  edited(41, 2);
  expect(isAskedFor()).toBe(false);
});

it('what was saved is not undone by an answer that left before it', async () => {
  const edits = open(gridOf(40, 1));
  let answer: (grid: MarkGrid) => void = () => undefined;
  const asked = queries.query({ queryKey: gridKey('sheet'), queryFn: () => new Promise<MarkGrid>((resolve) => (answer = resolve)) });
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ data: { version: 2, saved: [], conflicts: [], refused: [], rows: [rowOf(41, 2)] } })));
  edits.put(rowOf(40, 1), 'theory', 41);
  await vi.waitFor(() => expect(theory()?.rev).toBe(2));
  answer(gridOf(40, 1));
  await asked;
  expect(theory()).toEqual({ value: 41, rev: 2 });
});

it('what was put is not sent as somebody else who has signed in meanwhile', async () => {
  const fetched = vi.fn(() => new Promise(() => undefined));
  vi.stubGlobal('fetch', fetched);
  const edits = open(gridOf(40, 1));
  session.begin(`e30.${btoa(JSON.stringify({ userId: 'leela' }))}.c2ln`);
  edits.put(rowOf(40, 1), 'theory', 41);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(fetched).not.toHaveBeenCalled();
  expect(unsentOf('mary', 'sheet').cells).toHaveLength(1);
});
