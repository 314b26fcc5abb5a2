import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { coalesced } from './coalesced.ts';

describe('coalesced', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('does the work once for many who ask', async () => {
    const work = vi.fn(() => Promise.resolve());
    const ask = coalesced(work, 300);
    for (let times = 0; times < 50; times += 1) ask();
    expect(work).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('is not put off forever by a stream of questions', async () => {
    const work = vi.fn(() => Promise.resolve());
    const ask = coalesced(work, 300);
    for (let times = 0; times < 10; times += 1) {
      ask();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(work.mock.calls.length).toBeGreaterThanOrEqual(3);
  });

  it('does it again for who asked while it was done, and never twice at a time', async () => {
    let running = 0;
    let most = 0;
    const work = vi.fn(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      running -= 1;
    });
    const ask = coalesced(work, 300);
    ask();
    await vi.advanceTimersByTimeAsync(800);
    ask();
    ask();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(work).toHaveBeenCalledTimes(2);
    expect(most).toBe(1);
  });

  it('goes on after a failure', async () => {
    const work = vi.fn(() => Promise.reject(new Error('no signal')));
    const ask = coalesced(work, 300);
    ask();
    await vi.advanceTimersByTimeAsync(1_000);
    ask();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(work).toHaveBeenCalledTimes(2);
  });
});
