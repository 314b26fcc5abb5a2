import { describe, expect, it } from 'vitest';
import { after, backoff, endsSession, nextLook, shown, unconnected, type Connection, type Happening } from './connection.ts';

function play(steps: [Happening, number][], start = unconnected(true, 0)): Connection {
  return steps.reduce((connection, [happening, at]) => after(connection, happening, at), start);
}

describe('connection', () => {
  it('is connecting at first, and in trouble when that takes too long', () => {
    const first = unconnected(true, 0);
    expect(shown(first, 0)).toBe('connecting');
    expect(shown(first, 5_999)).toBe('connecting');
    expect(shown(first, 6_000)).toBe('reconnecting');
    expect(nextLook(first, 1_000)).toBe(5_000);
    expect(nextLook(first, 7_000)).toBeNull();
  });

  it('says at once when the device has no network from the start', () => {
    expect(shown(unconnected(false, 0), 0)).toBe('offline');
  });

  it('does not flicker for a hiccup', () => {
    const lost = play([['opened', 100], ['lost', 10_000]]);
    expect(shown(lost, 10_000)).toBe('live');
    expect(shown(lost, 11_499)).toBe('live');
    expect(shown(lost, 11_500)).toBe('reconnecting');
    expect(nextLook(lost, 10_500)).toBe(1_000);
    const back = after(lost, 'opened', 10_800);
    expect(shown(back, 20_000)).toBe('live');
    expect(nextLook(back, 20_000)).toBeNull();
  });

  it('counts trouble from the first loss, not from the last failed try', () => {
    const lost = play([['opened', 0], ['lost', 10_000], ['lost', 11_000], ['lost', 13_000]]);
    expect(lost.since).toBe(10_000);
    expect(lost.lastLiveAt).toBe(10_000);
    expect(shown(lost, 13_000)).toBe('reconnecting');
  });

  it('tells a missing network from an institute that does not answer', () => {
    const lost = play([['opened', 0], ['lost', 10_000], ['offline', 10_001]]);
    expect(shown(lost, 12_000)).toBe('offline');
    expect(shown(after(lost, 'online', 15_000), 15_000)).toBe('reconnecting');
  });

  it('believes an open connection more than what the device says', () => {
    expect(shown(play([['opened', 0], ['offline', 5]]), 100_000)).toBe('live');
  });
});

describe('backoff', () => {
  it.each([
    [0, 0, 250],
    [0, 1, 500],
    [3, 1, 4_000],
    [10, 1, 8_000],
    [10, 0, 4_000],
  ])('after %i failures with chance %f: %i ms', (failures, chance, wait) => expect(backoff(failures, chance)).toBe(wait));
});

describe('endsSession', () => {
  it('is for session codes only', () => {
    expect(endsSession('auth.token_expired')).toBe(true);
    expect(endsSession('limits.too_many_connections')).toBe(false);
  });
});
