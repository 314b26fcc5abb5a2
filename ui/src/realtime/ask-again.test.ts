import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, it, vi } from 'vitest';
import { askAgain } from './ask-again.ts';

const key = ['things'];
const soon = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A list that is shown and asked for, whose answers come when they are called. */
function shown() {
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity, retry: false } } });
  const answers: { give: (things: string[]) => void; fail: () => void }[] = [];
  const ask = vi.fn(() => new Promise<string[]>((give, fail) => answers.push({ give, fail: () => fail(new Error('no signal')) })));
  const hide = new QueryObserver(queries, { queryKey: key, queryFn: ask }).subscribe(() => undefined);
  return { queries, answers, ask, hide };
}

it('asks once more after the first answer, which may have left before what happened', async () => {
  const { queries, answers, ask } = shown();
  for (let times = 0; times < 3; times += 1) void askAgain(queries, { queryKey: key });
  expect(ask).toHaveBeenCalledTimes(1);
  answers[0]?.give(['old']);
  await soon();
  expect(queries.getQueryData(key)).toEqual(['old']);
  expect(ask).toHaveBeenCalledTimes(2);
  answers[1]?.give(['new']);
  await soon();
  expect(queries.getQueryData(key)).toEqual(['new']);
  expect(ask).toHaveBeenCalledTimes(2);
});

it('asks at once for what has an answer, and only for that which is meant', async () => {
  const { queries, answers, ask } = shown();
  answers[0]?.give(['old']);
  await soon();
  void askAgain(queries, { queryKey: ['others'] });
  expect(ask).toHaveBeenCalledTimes(1);
  void askAgain(queries, { queryKey: key });
  expect(ask).toHaveBeenCalledTimes(2);
});

it('does not go on asking for what could not be loaded', async () => {
  const { queries, answers, ask } = shown();
  void askAgain(queries, { queryKey: key });
  answers[0]?.fail();
  await soon();
  expect(ask).toHaveBeenCalledTimes(1);
});
