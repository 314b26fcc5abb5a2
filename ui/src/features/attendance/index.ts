import { IconCalendarCheck } from '@tabler/icons-react';
import { lazy } from 'react';
import type { Feature } from '../../kit/feature.ts';
import { StaffListener, StudentListener } from './listeners.tsx';

const StudentPage = lazy(() => import('./student-page.tsx'));
const StaffPage = lazy(() => import('./staff-page.tsx'));

/** Attendance: called by staff together, at once on the page of each student. */
export const attendance: Feature = {
  pages: [
    {
      path: '/attendance',
      title: 'Attendance',
      icon: IconCalendarCheck,
      views: { student: StudentPage, faculty: StaffPage, admin: StaffPage },
    },
  ],
  listeners: { student: StudentListener, faculty: StaffListener, admin: StaffListener },
};
