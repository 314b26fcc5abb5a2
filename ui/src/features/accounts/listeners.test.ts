import { QueryClient, QueryClientProvider, QueryObserver } from '@tanstack/react-query';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Listener } from './listeners.tsx';
import { FacultyListener } from '../faculty/listeners.tsx';

const heard = vi.hoisted(() => new Map<string, (payload: unknown) => void>());
vi.mock('../../realtime/live.tsx', () => ({ useLiveEvent: (event: string, listener: (payload: unknown) => void) => heard.set(event, listener) }));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it.each([
  ['profile:updated', Listener],
  ['faculty:changed', FacultyListener],
])('after %s every live list that is shown is asked for once, also when it is told often, and the others when they are next shown', async (event, listener) => {
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
  renderToString(createElement(QueryClientProvider, { client: queries }, createElement(listener)));
  const asked = vi.fn(() => Promise.resolve(['new']));
  const show = (queryKey: string[], live: boolean) => {
    queries.setQueryData(queryKey, ['old']);
    return new QueryObserver(queries, { queryKey, queryFn: asked, meta: { live } }).subscribe(() => undefined);
  };
  show(['downloads', 'managed'], true);
  show(['form'], false);
  show(['attendance', 'board', 'a'], true)();
  for (let times = 0; times < 50; times += 1) heard.get(event)?.({});
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toHaveBeenCalledTimes(1);
  expect(queries.getQueryData(['downloads', 'managed'])).toEqual(['new']);
  expect(queries.getQueryData(['form'])).toEqual(['old']);
  expect(queries.getQueryState(['attendance', 'board', 'a'])?.isInvalidated).toBe(true);
  queries.clear();
});
