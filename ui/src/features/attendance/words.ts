import type { AttendanceGauge, AttendanceLine, AttendanceStatus } from '../../kit/wire.ts';

/** What the board offers, in the order of its buttons, with their keys. */
export const choices: { status: AttendanceStatus; short: string; key: string }[] = [
  { status: 'Present', short: 'P', key: 'p' },
  { status: 'Absent', short: 'A', key: 'a' },
  { status: 'Late', short: 'L', key: 'l' },
  { status: 'Leave', short: 'Lv', key: 'v' },
];

/** Every status, in the order of its weight. */
export const statuses: AttendanceStatus[] = ['Present', 'Late', 'Absent', 'Leave', 'Medical Leave', 'Holiday'];

/** What was said of a student in a class. */
export const saidInWords = ({ status, hoursAttended, totalHours }: NonNullable<AttendanceLine['before']>): string => `${status} (${hoursAttended} of ${totalHours} h)`;

/** Which of the drawn colours a status has. */
export function tone(status: AttendanceStatus | null): 'good' | 'bad' | 'mild' | 'none' {
  switch (status) {
    case 'Present': return 'good';
    case 'Absent': return 'bad';
    case 'Late':
    case 'Leave':
    case 'Medical Leave': return 'mild';
    default: return 'none';
  }
}

/** Whether a student has less than is needed. */
export const isShort = ({ mustAttend }: AttendanceGauge): boolean => mustAttend !== 0;

/** What a student has to do, in one sentence. */
export function advice({ held, mayMiss, mustAttend, threshold, type }: AttendanceGauge): string {
  if (held === 0) return 'No class yet.';
  if (mustAttend === null) return `You need ${threshold} %. Missed ${type === 'Clinical' ? 'duty' : 'classes'} must be made up: ask your teacher.`;
  if (mustAttend > 0) return `You need ${threshold} %. Attend the next ${mustAttend === 1 ? 'class' : `${mustAttend} classes`} without a gap.`;
  if (mayMiss === 0) return threshold >= 100 ? 'All attended. You need every one.' : `Just enough for ${threshold} %. Do not miss the next one.`;
  return `You may miss ${mayMiss} more and still have ${threshold} %.`;
}
