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

beforeEach(() => void keepUnsent('mary', 'sheet', { cells: [], reason: '' }, unsentOf('mary', 'sheet').cells));
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

/** The server, as far as a sheet of one cell goes: it takes what stands upon what it has. */
function serve(value: number, rev: number, needsReason = false) {
  const puts: { value: number; base: number }[] = [];
  let held = { value, rev };
  vi.stubGlobal('fetch', (_address: string, { body }: { body: string }) => {
    const { cells: [cell], reason } = JSON.parse(body) as { cells: { value: number; base: number }[]; reason?: string };
    if (cell === undefined) throw new Error('Nothing was put.');
    puts.push(cell);
    const name = { student: 'asha', part: 'theory' };
    const isRefused = needsReason && reason === undefined;
    const isTaken = !isRefused && cell.base === held.rev;
    const refused = isRefused ? [{ ...name, error: 'Say why.', code: 'marks.reason_needed' }] : [];
    const conflicts = isRefused || isTaken ? [] : [{ ...name, yours: cell.value, theirs: held.value, rev: held.rev }];
    if (isTaken) held = { value: cell.value, rev: held.rev + 1 };
    const saved = isTaken ? [{ ...name, ...held }] : [];
    return Promise.resolve(Response.json({ data: { version: held.rev, saved, conflicts, refused, rows: [rowOf(held.value, held.rev)] } }));
  });
  return {
    puts,
    putBySomebodyElse: (next: number) => {
      held = { value: next, rev: held.rev + 1 };
      edited(held.value, held.rev, 'leela');
    },
  };
}
const row = () => queries.getQueryData<MarkGrid>(gridKey('sheet'))?.rows[0] ?? rowOf(0, 0);

it('what comes in while somebody types is not overwritten by what they put then', async () => {
  const edits = open(gridOf(40, 1));
  const server = serve(40, 1);
  edits.begin(row(), 'theory');
  server.putBySomebodyElse(55);
  edits.put(row(), 'theory', 41);
  await vi.waitFor(() => expect(server.puts).toEqual([expect.objectContaining({ value: 41, base: 1 })]));
  await vi.waitFor(() => expect(theory()).toEqual({ value: 55, rev: 2 }));
});

it('what comes in below an edit that has no answer yet is not overwritten by the next one', async () => {
  const edits = open(gridOf(40, 1));
  const server = serve(40, 1);
  edits.put(row(), 'theory', 41);
  server.putBySomebodyElse(55);
  edits.put(row(), 'theory', 42);
  await vi.waitFor(() => expect(server.puts).toEqual([expect.objectContaining({ value: 42, base: 1 })]));
});

it('who goes on typing while the first of it is saved is in nobody’s way', async () => {
  const edits = open(gridOf(40, 1));
  serve(40, 1);
  edits.put(row(), 'theory', 4);
  edits.begin(row(), 'theory');
  await vi.waitFor(() => expect(theory()).toEqual({ value: 4, rev: 2 }));
  edits.put(row(), 'theory', 42);
  await vi.waitFor(() => expect(theory()).toEqual({ value: 42, rev: 3 }));
});

it('who leaves a cell as it was has seen what comes in later', async () => {
  const edits = open(gridOf(40, 1));
  const server = serve(40, 1);
  edits.begin(row(), 'theory');
  edits.end(row(), 'theory');
  server.putBySomebodyElse(55);
  edits.put(row(), 'theory', 41);
  await vi.waitFor(() => expect(theory()).toEqual({ value: 41, rev: 3 }));
});

const answered = (server: { puts: unknown[] }, times: number) => vi.waitFor(async () => {
  expect(server.puts).toHaveLength(times);
  // Until it is taken in.
  await new Promise((resolve) => setTimeout(resolve, 5));
});

it.each(['saved with the reason', 'typed again'])('what came in below a mark that was refused is not overwritten when that is %s', async (how) => {
  const edits = open(gridOf(40, 1));
  const server = serve(40, 1, true);
  edits.put(row(), 'theory', 41);
  await answered(server, 1);
  server.putBySomebodyElse(55);
  edits.setReason('Counted again.');
  if (how === 'typed again') edits.put(row(), 'theory', 41);
  else edits.insist('asha theory');
  await answered(server, 2);
  expect(server.puts[1]).toEqual(expect.objectContaining({ value: 41, base: 1 }));
  expect(theory()).toEqual({ value: 55, rev: 2 });
});

it.each(['put all the same', 'typed again'])('a third mark that comes in while two are shown is not overwritten when the own one is %s', async (how) => {
  const edits = open(gridOf(40, 1));
  const server = serve(40, 1);
  edits.begin(row(), 'theory');
  server.putBySomebodyElse(55);
  edits.put(row(), 'theory', 41);
  await answered(server, 1);
  server.putBySomebodyElse(60);
  if (how === 'typed again') edits.put(row(), 'theory', 42);
  else edits.insist('asha theory');
  await answered(server, 2);
  expect(server.puts[1]).toEqual(expect.objectContaining({ base: 2 }));
  expect(theory()).toEqual({ value: 60, rev: 3 });
});

it('who has seen what somebody else wrote puts their own mark upon it', async () => {
  const edits = open(gridOf(40, 1));
  const server = serve(40, 1);
  edits.begin(row(), 'theory');
  server.putBySomebodyElse(55);
  edits.put(row(), 'theory', 41);
  await answered(server, 1);
  edits.insist('asha theory');
  await vi.waitFor(() => expect(theory()).toEqual({ value: 41, rev: 3 }));
});
