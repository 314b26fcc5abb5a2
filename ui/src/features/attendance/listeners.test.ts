import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { User } from '../../kit/wire.ts';
import { StaffListener } from './listeners.tsx';

const heard = vi.hoisted(() => new Map<string, (payload: unknown) => void>());
vi.mock('../../realtime/live.tsx', () => ({ useLiveEvent: (event: string, listener: (payload: unknown) => void) => heard.set(event, listener), useLiveState: () => ({ shown: 'live' }) }));

// What is drawn to text has no store of its own to ask.
vi.mock('react', async (original) => ({ ...(await original<object>()), useSyncExternalStore: (_: unknown, get: () => unknown) => get() }));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('a report that is open is asked for every few seconds while a roll is called, not at each tap', async () => {
  const queries = new QueryClient();
  const asked = vi.spyOn(queries, 'invalidateQueries');
  const times = () => asked.mock.calls.filter(([which]) => which?.queryKey?.[1] === 'report').length;
  renderToString(createElement(QueryClientProvider, { client: queries }, createElement(StaffListener, { user: { _id: 'mary' } as User })));
  for (let tap = 0; tap < 20; tap += 1) {
    heard.get('attendance:tapped')?.({ classId: 'c', marks: [], by: 'Leela' });
    await vi.advanceTimersByTimeAsync(500);
  }
  await vi.advanceTimersByTimeAsync(5_000);
  expect(times()).toBeGreaterThanOrEqual(3);
  expect(times()).toBeLessThanOrEqual(5);
});
