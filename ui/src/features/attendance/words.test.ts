import { describe, expect, it } from 'vitest';
import type { AttendanceGauge } from '../../kit/wire.ts';
import { advice } from './words.ts';

const gauge = (over: Partial<AttendanceGauge>): AttendanceGauge => ({ type: 'Theory', attended: 8, held: 10, percentage: 80, hoursAttended: 32, totalHours: 40, threshold: 80, mayMiss: 0, mustAttend: 0, ...over });

describe('what a student has to do', () => {
  it.each([
    [{ held: 0, mustAttend: 0 }, 'No class yet.'],
    [{ mayMiss: 2 }, 'You may miss 2 more and still have 80 %.'],
    [{}, 'Just enough for 80 %. Do not miss the next one.'],
    [{ mustAttend: 6 }, 'You need 80 %. Attend the next 6 classes without a gap.'],
    [{ mustAttend: 1 }, 'You need 80 %. Attend the next class without a gap.'],
    [{ threshold: 100, type: 'Clinical' as const, mustAttend: null }, 'You need 100 %. Missed duty must be made up: ask your teacher.'],
    [{ threshold: 100, type: 'Clinical' as const }, 'All attended. You need every one.'],
  ])('%j', (over, text) => {
    expect(advice(gauge(over))).toBe(text);
  });
});
