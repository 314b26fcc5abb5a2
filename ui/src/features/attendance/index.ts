import { IconCalendarCheck } from '@tabler/icons-react';
import type { Feature } from '../../kit/feature.ts';
import { page } from '../../kit/part.ts';
import { StaffListener, StudentListener } from './listeners.tsx';

const StudentPage = page(() => import('./student-page.tsx'));
const StaffPage = page(() => import('./staff-page.tsx'));
const RecordsPage = page(() => import('./records-page.tsx'));
const ReportPage = page(() => import('./report-page.tsx'));

/** Attendance: called by staff together, at once on the page of each student. */
export const attendance: Feature = {
  pages: [
    {
      path: '/attendance',
      title: 'Attendance',
      icon: IconCalendarCheck,
      views: { student: StudentPage, faculty: StaffPage, admin: StaffPage },
    },
    { path: '/attendance/records', title: 'Attendance records', icon: IconCalendarCheck, place: 'nowhere', views: { faculty: RecordsPage, admin: RecordsPage } },
    { path: '/attendance/report', title: 'Attendance report', icon: IconCalendarCheck, place: 'nowhere', views: { faculty: ReportPage, admin: ReportPage } },
  ],
  listeners: { student: StudentListener, faculty: StaffListener, admin: StaffListener },
};
