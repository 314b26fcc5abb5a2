import type { AttendanceStatus } from '../../kit/wire.ts';

/** What a day with several classes shows: the worst of them. */
export function worst(statuses: AttendanceStatus[]): AttendanceStatus | null {
  const order: AttendanceStatus[] = ['Absent', 'Leave', 'Medical Leave', 'Late', 'Present', 'Holiday'];
  return order.find((status) => statuses.includes(status)) ?? null;
}

/** The weeks of a month, Monday first, with nothing before its first and after its last day. */
export function weeks(year: number, month: number): (string | null)[][] {
  const first = (new Date(Date.UTC(year, month - 1, 1)).getUTCDay() + 6) % 7;
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const cells: (string | null)[] = Array.from({ length: Math.ceil((first + length) / 7) * 7 }, (_, index) => {
    const day = index - first + 1;
    return day < 1 || day > length ? null : `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
  });
  return Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7));
}
