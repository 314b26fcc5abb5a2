import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { call } from './api.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', (_address: string, { signal }: { signal: AbortSignal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as DOMException))));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('gives up a line that says nothing, later where the work takes long', async () => {
  const given: string[] = [];
  call('POST', '/short').catch(() => void given.push('short'));
  call('POST', '/long', { patience: 100_000 }).catch(() => void given.push('long'));
  await vi.advanceTimersByTimeAsync(99_000);
  expect(given).toEqual(['short']);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(given).toEqual(['short', 'long']);
});
