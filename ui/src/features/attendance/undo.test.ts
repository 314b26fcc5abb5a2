import { expect, it } from 'vitest';
import type { AttendanceStatus, RollCallSeat } from '../../kit/wire.ts';
import { takenBack } from './undo.ts';

const seat = (student: string, status: AttendanceStatus | null) => ({ student: { _id: student }, status }) as RollCallSeat;
const backTo = (...found: Parameters<typeof takenBack>) => takenBack(...found).map((one) => [one.seat.student._id, one.status]);

it('one act is taken back whole', () => {
  const act = [{ student: 'asha', was: null, put: 'Present' }, { student: 'binu', was: 'Late', put: 'Present' }] as const;
  expect(backTo(act, [seat('asha', 'Present'), seat('binu', 'Present'), seat('chitra', 'Absent')])).toEqual([['asha', null], ['binu', 'Late']]);
});

it('what somebody else has marked since stays, and so does who has left the class', () => {
  const act = [{ student: 'asha', was: null, put: 'Absent' }, { student: 'binu', was: null, put: 'Absent' }] as const;
  expect(backTo(act, [seat('asha', 'Present')])).toEqual([]);
});
