/** What is taken back by Undo. Pure. */
import type { AttendanceStatus, RollCallSeat } from '../../kit/wire.ts';

/** A mark of one act: a tap, or all others present. */
export interface Done {
  student: string;
  was: AttendanceStatus | null;
  put: AttendanceStatus | null;
}

/** The marks that take an act back, without those that somebody else has changed since: theirs is not to be undone. */
export function takenBack<S extends RollCallSeat>(act: readonly Done[], seats: readonly S[]): { seat: S; status: AttendanceStatus | null }[] {
  return act.flatMap(({ student, was, put }) => {
    const seat = seats.find((one) => one.student._id === student);
    return seat?.status === put ? [{ seat, status: was }] : [];
  });
}
