import { deviceStorage } from '../../kit/storage.ts';
import type { User } from '../../kit/wire.ts';
import { sendTaps } from './queries.ts';
import { TapQueue } from './queue.ts';

const queues = new Map<string, TapQueue>();

/** The taps of one person on this device. Nobody sends what somebody else has tapped. */
export function queueOf(user: User): TapQueue {
  const known = queues.get(user._id) ?? new TapQueue(`attendance:taps:${user._id}`, deviceStorage, sendTaps);
  queues.set(user._id, known);
  return known;
}
