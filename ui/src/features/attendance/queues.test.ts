import { afterEach, expect, it, vi } from 'vitest';
import { session } from '../../kit/session.ts';
import type { User } from '../../kit/wire.ts';
import { queueOf } from './queues.ts';

afterEach(() => vi.unstubAllGlobals());

it('who may keep nothing on this device can still mark', async () => {
  vi.stubGlobal('window', { get localStorage() { throw new DOMException('forbidden', 'SecurityError'); } });
  vi.resetModules();
  const { queueOf } = await import('./queues.ts');
  const queue = queueOf({ _id: 'mary' } as User);
  expect(queue.waiting()).toEqual([]);
  expect(queue.isKept()).toBe(false);
});

const tokenOf = (userId: string) => `e30.${btoa(JSON.stringify({ userId }))}.c2ln`;

it('taps wait until who tapped them is signed in again', async () => {
  const fetched = vi.fn(() => Promise.resolve(Response.json({ data: { results: [], marks: [] } })));
  vi.stubGlobal('fetch', fetched);
  session.begin(tokenOf('asha'));
  const queue = queueOf({ _id: 'mary' } as User);
  queue.add([{ tapId: 't', classId: 'c', student: 's', status: 'Present', hoursAttended: null, base: 0, at: '2026-11-22T10:00:00.000Z' }]);
  await queue.flush();
  session.leave();
  await queue.flush();
  expect(fetched).not.toHaveBeenCalled();
  expect(queue.waiting()).toHaveLength(1);
  session.begin(tokenOf('mary'));
  await queue.flush();
  expect(fetched).toHaveBeenCalledTimes(1);
  expect(queue.waiting()).toEqual([]);
});
