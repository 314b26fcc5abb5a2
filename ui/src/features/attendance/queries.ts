import { keepPreviousData, queryOptions, type QueryClient } from '@tanstack/react-query';
import { call, getData } from '../../kit/api.ts';
import { replaced } from '../../kit/replaced.ts';
import type { Attendance, AttendanceClass, AttendanceCorrection, AttendanceImported, AttendanceLine, AttendanceList, AttendanceReport, LiveEvents, NewAttendanceClass, OwnAttendance, RollCallBoard, RollCallSeat, TapForm, TapResults } from '../../kit/wire.ts';
import { askAgain } from '../../realtime/ask-again.ts';
import { changeLists } from '../../realtime/change-lists.ts';

/** A student's own attendance of a month, with how they stand in the semester. */
export const ownAttendance = (year: number, month: number) => queryOptions({
  queryKey: ['attendance', 'own', year, month] as const,
  queryFn: ({ signal }) => getData<OwnAttendance>('/student/attendance', { year, month }, signal),
  placeholderData: keepPreviousData,
  meta: { live: true },
});

export const classesOf = (date: string) => queryOptions({
  queryKey: ['attendance', 'classes', date] as const,
  queryFn: ({ signal }) => getData<AttendanceClass[]>('/admin/attendance/classes', { date }, signal),
  placeholderData: keepPreviousData,
  meta: { live: true },
});

export const boardOf = (id: string) => queryOptions({
  queryKey: ['attendance', 'board', id] as const,
  queryFn: ({ signal }) => getData<RollCallBoard>(`/admin/attendance/classes/${encodeURIComponent(id)}`, {}, signal),
  meta: { live: true },
});

export interface RecordsFilter {
  from: string;
  to: string;
  course: string;
  semester: string;
  subject: string;
  status: string;
  studentId: string;
}

export const recordsOf = (filter: RecordsFilter, page: number) => queryOptions({
  queryKey: ['attendance', 'records', filter, page] as const,
  queryFn: ({ signal }) => getData<AttendanceList>('/admin/attendance', { ...filter, page, limit: 50 }, signal),
  placeholderData: keepPreviousData,
  meta: { live: true },
});

/** The filter for a record among the few of its student on its day. */
export function onlyThere({ student, date, subject }: Pick<Attendance, 'student' | 'date' | 'subject'>): RecordsFilter {
  const day = date.slice(0, 10);
  return { from: day, to: day, course: '', semester: '', subject, status: '', studentId: student?._id ?? '' };
}

export interface ReportFilter {
  course: string;
  semester: string;
  month: string;
  year: string;
  subject: string;
  type: string;
}

export const reportOf = (filter: ReportFilter) => queryOptions({
  queryKey: ['attendance', 'report', filter] as const,
  queryFn: ({ signal }) => getData<AttendanceReport>('/admin/attendance/report', { ...filter }, signal),
  placeholderData: keepPreviousData,
  meta: { live: true },
});

export const historyOf = (id: string) => queryOptions({
  queryKey: ['attendance', 'history', id] as const,
  queryFn: ({ signal }) => getData<AttendanceLine[]>(`/admin/attendance/${encodeURIComponent(id)}/history`, {}, signal),
  staleTime: 0,
});

export async function openClass(form: NewAttendanceClass): Promise<RollCallBoard> {
  return (await call<{ data: RollCallBoard }>('POST', '/admin/attendance/classes', { body: form })).data;
}

export async function closeClass(id: string): Promise<RollCallBoard> {
  return (await call<{ data: RollCallBoard }>('POST', `/admin/attendance/classes/${encodeURIComponent(id)}/close`)).data;
}

export async function sendTaps(classId: string, taps: TapForm[]): Promise<TapResults> {
  return (await call<{ data: TapResults }>('POST', `/admin/attendance/classes/${encodeURIComponent(classId)}/taps`, { body: { taps } })).data;
}

const at = (id: string) => `/admin/attendance/${encodeURIComponent(id)}`;

export async function correct(queries: QueryClient, id: string, correction: AttendanceCorrection): Promise<void> {
  const { data: corrected } = await call<{ data: Attendance }>('PUT', at(id), { body: correction });
  queries.setQueriesData<AttendanceList>({ queryKey: ['attendance', 'records'] }, (list) => list && { ...list, attendance: replaced(list.attendance, corrected) });
}

export async function deleteRecord(id: string, rev: number, reason: string): Promise<void> {
  await call('DELETE', at(id), { query: { rev, reason } });
}

export async function applyImport(id: string): Promise<AttendanceImported> {
  return (await call<{ data: AttendanceImported }>('POST', `/admin/attendance/imports/${encodeURIComponent(id)}/apply`)).data;
}

/** Whatever lists records: after something was changed here. */
export const refreshRecords = (queries: QueryClient): Promise<void> => askAgain(queries, { queryKey: ['attendance'] });

type Mark = LiveEvents['attendance:tapped']['marks'][number];

/** Takes marks into the board that is shown. An answer and an event may overtake each other: the older mark does not win. */
export function applyMarks(queries: QueryClient, classId: string, marks: Mark[], by: string | null): void {
  changeLists<RollCallBoard>(queries, boardOf(classId).queryKey, (board) => ({ data: marked(board, marks, by), shifted: false }));
}

/** Whoever has seen a mark taps later; what was corrected since has the same time and a higher revision. */
const isOlder = (mark: Mark, seat: RollCallSeat): boolean => seat.at !== null && mark.at !== null && (mark.at < seat.at || (mark.at === seat.at && mark.rev < seat.rev));

export function marked(board: RollCallBoard, marks: Mark[], by: string | null): RollCallBoard {
  const news = new Map(marks.map((mark) => [mark.student, mark]));
  const students = board.students.map((seat) => {
    const mark = news.get(seat.student._id);
    if (mark === undefined || isOlder(mark, seat)) return seat;
    const { status, hoursAttended, attendance, rev, at } = mark;
    return { ...seat, status, hoursAttended, attendance, rev, at, by: status === null ? null : (by ?? seat.by) };
  });
  return { ...board, students };
}
