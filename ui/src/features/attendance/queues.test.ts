import { expect, it, vi } from 'vitest';
import type { User } from '../../kit/wire.ts';

it('who may keep nothing on this device can still mark', async () => {
  vi.stubGlobal('window', { get localStorage() { throw new DOMException('forbidden', 'SecurityError'); } });
  const { queueOf } = await import('./queues.ts');
  expect(queueOf({ _id: 'mary' } as User).waiting()).toEqual([]);
  vi.unstubAllGlobals();
});
