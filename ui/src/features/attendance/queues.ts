import { noAnswer } from '../../kit/problem.ts';
import { holderOf, session } from '../../kit/session.ts';
import { deviceStorage } from '../../kit/storage.ts';
import type { User } from '../../kit/wire.ts';
import { sendTaps } from './queries.ts';
import { TapQueue } from './queue.ts';

const queues = new Map<string, TapQueue>();

/** The taps of one person on this device. Nobody sends what somebody else has tapped, also when another tab signs in somebody else meanwhile. */
export function queueOf({ _id }: User): TapQueue {
  const send: typeof sendTaps = (classId, taps) => (holderOf(session.get().token) === _id ? sendTaps(classId, taps) : Promise.reject(noAnswer()));
  const known = queues.get(_id) ?? new TapQueue(`attendance:taps:${_id}`, deviceStorage, send);
  queues.set(_id, known);
  return known;
}
