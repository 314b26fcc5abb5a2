import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, it, vi } from 'vitest';
import { changeLists } from './change-lists.ts';

const key = ['things', 'all'];
const add = (thing: string) => (data: string[]) => ({ data: data.includes(thing) ? data : [thing, ...data], shifted: false });

it('changes every list under the key, and no other', () => {
  const queries = new QueryClient();
  queries.setQueryData(key, ['a']);
  queries.setQueryData(['things', 'some'], ['a']);
  queries.setQueryData(['others'], ['a']);
  changeLists(queries, ['things'], add('b'));
  expect(queries.getQueryData(key)).toEqual(['b', 'a']);
  expect(queries.getQueryData(['things', 'some'])).toEqual(['b', 'a']);
  expect(queries.getQueryData(['others'])).toEqual(['a']);
});

it('is not undone by an answer that left before the event', async () => {
  const queries = new QueryClient();
  queries.setQueryData(key, ['a']);
  let answer: (things: string[]) => void = () => undefined;
  const asked = queries.query({ queryKey: key, queryFn: () => new Promise<string[]>((resolve) => (answer = resolve)) });
  changeLists(queries, ['things'], add('b'));
  expect(queries.getQueryData(key)).toEqual(['b', 'a']);
  answer(['a']);
  await asked;
  expect(queries.getQueryData(key)).toEqual(['b', 'a']);
});

it('also holds for the first answer, and does not repeat what the answer knows', async () => {
  const queries = new QueryClient();
  let answer: (things: string[]) => void = () => undefined;
  const asked = queries.query({ queryKey: key, queryFn: () => new Promise<string[]>((resolve) => (answer = resolve)) });
  changeLists(queries, ['things'], add('b'));
  changeLists(queries, ['things'], add('c'));
  answer(['b']);
  await asked;
  expect(queries.getQueryData(key)).toEqual(['c', 'b']);
});

it('asks again for a list whose unloaded parts have shifted', () => {
  const queries = new QueryClient();
  queries.setQueryData(key, ['a']);
  changeLists<string[]>(queries, ['things'], (data) => ({ data, shifted: true }));
  expect(queries.getQueryState(key)?.isInvalidated).toBe(true);
});

it('leaves a list that has to be asked for again one', async () => {
  const queries = new QueryClient();
  queries.setQueryData(key, ['a']);
  await queries.invalidateQueries({ queryKey: key });
  changeLists(queries, ['things'], add('b'));
  expect(queries.getQueryData(key)).toEqual(['b', 'a']);
  expect(queries.getQueryState(key)?.isInvalidated).toBe(true);
});

it.each(['given up', 'asked anew'])('does not repeat a change after an answer that is another than the one that was on its way: %s', async (what) => {
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
  queries.setQueryData(key, ['a']);
  const answers: ((things: string[]) => void)[] = [];
  const options = { queryKey: key, queryFn: ({ signal }: { signal: AbortSignal }) => new Promise<string[]>((resolve) => (signal.aborted ? undefined : answers.push(resolve))) };
  const show = () => new QueryObserver(queries, options).subscribe(() => undefined);
  const hide = show();
  void queries.invalidateQueries({ queryKey: key });
  changeLists(queries, ['things'], add('b'));
  if (what === 'given up') {
    hide();
    // What was to be asked for still is.
    expect(queries.getQueryState(key)?.isInvalidated).toBe(true);
    show();
  } else void queries.invalidateQueries({ queryKey: key });
  expect(answers).toHaveLength(2);
  // Taken away again since.
  answers[1]?.(['a']);
  await vi.waitFor(() => expect(queries.isFetching()).toBe(0));
  expect(queries.getQueryData(key)).toEqual(['a']);
});
