import { SubPages } from '../../kit/sub-pages.tsx';

export function AttendancePages() {
  return <SubPages label="Attendance" pages={[['/attendance', 'Classes'], ['/attendance/records', 'Records'], ['/attendance/report', 'Report']]} />;
}
