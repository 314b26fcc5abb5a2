import { expect, it } from 'vitest';
import { pollingOf } from './refresh-live.ts';

it('what failed is asked for again each minute, also while events arrive', () => {
  const every = (shown: Parameters<typeof pollingOf>[0], status: string, isInvalidated = false) => pollingOf(shown)({ state: { status, isInvalidated } });
  expect(every('live', 'success')).toBe(false);
  expect(every('live', 'error')).toBe(60_000);
  // Something was put into it since it failed: the rest of it is as old as before.
  expect(every('live', 'success', true)).toBe(60_000);
  expect(every('reconnecting', 'success')).toBe(60_000);
});

it('who is told of nothing asks each minute, on a live line too', () => {
  expect(pollingOf('live', false)({ state: { status: 'success', isInvalidated: false } })).toBe(60_000);
});
