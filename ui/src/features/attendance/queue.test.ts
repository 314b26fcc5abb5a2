import { describe, expect, it, vi } from 'vitest';
import { Problem, problemFrom } from '../../kit/problem.ts';
import type { TapForm, TapResults } from '../../kit/wire.ts';
import { newId, TapQueue, type Waiting } from './queue.ts';

class Memory {
  readonly kept = new Map<string, string>();
  getItem = (key: string) => this.kept.get(key) ?? null;
  setItem = (key: string, value: string) => void this.kept.set(key, value);
}

const tap = (student: string, classId = 'c'): Waiting => ({ tapId: newId(), classId, student, status: 'Present', hoursAttended: null, base: 0, at: '2026-11-22T10:00:00.000Z' });

const answer = (taps: TapForm[], more: Partial<TapResults['results'][number]> = {}): TapResults =>
  ({ results: taps.map(({ tapId }) => ({ tapId, outcome: 'counts', ...more })), marks: [] });

describe('taps that wait', () => {
  it('are kept without a signal, also over a reload, and sent once when it is back', async () => {
    const memory = new Memory();
    const sent: string[][] = [];
    let isUp = false;
    const send = (classId: string, taps: TapForm[]) => {
      if (!isUp) return Promise.reject(new Error('no signal'));
      sent.push([classId, ...taps.map(({ student }) => student)]);
      return Promise.resolve(answer(taps));
    };
    const before = new TapQueue('k', memory, send);
    before.add([tap('a'), tap('b')]);
    before.add([tap('a', 'other')]);
    await before.flush();
    expect(before.waiting()).toHaveLength(3);
    const queue = new TapQueue('k', memory, send);
    expect(queue.waiting()).toHaveLength(3);
    isUp = true;
    await queue.flush();
    await queue.flush();
    expect(sent).toEqual([['c', 'a', 'b'], ['other', 'a']]);
    expect(queue.waiting()).toEqual([]);
  });

  it('tells what was refused and what somebody else said', async () => {
    const queue = new TapQueue('k', new Memory(), (_, taps) => Promise.resolve(answer(taps, { outcome: 'overtaken', conflict: { status: 'Absent', by: 'Mary' } })));
    queue.add([tap('a')]);
    await queue.flush();
    expect(queue.notices().map(({ text }) => text)).toEqual(['Mary said Absent after you. Your “Present” does not count.']);
    queue.dismiss();
    expect(queue.notices()).toEqual([]);
  });

  it.each([
    [403, 'x', []],
    [404, 'x', []],
    [401, 'x', ['a', 'b']],
    [429, 'x', ['a', 'b']],
    [503, 'x', ['a', 'b']],
    [403, 'request.origin_refused', ['a', 'b']],
    [404, problemFrom(404, null).code, ['a', 'b']],
  ])('are given up when they were all refused with %i %s, and do not hold up those of another class', async (status, code, left) => {
    const send = (classId: string, taps: TapForm[]) =>
      classId === 'c' ? Promise.reject(new Problem(status, code, 'Not your class.')) : Promise.resolve(answer(taps));
    const queue = new TapQueue('k', new Memory(), send);
    queue.add([tap('a')]);
    queue.add([tap('b', 'other')]);
    await queue.flush();
    await queue.flush();
    expect(queue.waiting().map(({ student }) => student)).toEqual(left);
    expect(queue.notices().map(({ student, text }) => [student, text])).toEqual(left.length > 0 ? [] : [['a', 'Not your class.']]);
  });

  it('are kept on the page and sent once when the storage is full', async () => {
    const memory = new Memory();
    const sent: string[] = [];
    let isUp = false;
    const queue = new TapQueue('k', memory, (_, taps) => {
      if (!isUp) return Promise.reject(new Error('no signal'));
      sent.push(...taps.map(({ student }) => student));
      return Promise.resolve(answer(taps));
    });
    queue.add([tap('a')]);
    expect(queue.isKept()).toBe(true);
    memory.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };
    queue.add([tap('b')]);
    expect(queue.isKept()).toBe(false);
    await queue.flush();
    expect(queue.waiting().map(({ student }) => student)).toEqual(['a', 'b']);
    isUp = true;
    await queue.flush();
    await queue.flush();
    expect(sent).toEqual(['a', 'b']);
    expect(queue.waiting()).toEqual([]);
  });

  it('are not shown as waiting any more once another tab has sent them', async () => {
    const memory = new Memory();
    let isUp = false;
    const open = () => new TapQueue('k', memory, (_, taps) => (isUp ? Promise.resolve(answer(taps)) : Promise.reject(new Error('no signal'))));
    const [one, other] = [open(), open()];
    one.add([tap('a')]);
    await one.flush();
    await other.flush();
    expect(other.waiting()).toHaveLength(1);
    const told = vi.fn();
    other.subscribe(told);
    isUp = true;
    await one.flush();
    await other.flush();
    expect(other.waiting()).toEqual([]);
    expect(told).toHaveBeenCalled();
  });

  it('have ids that are UUIDs', () => {
    expect(newId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(newId()).not.toBe(newId());
  });
});
