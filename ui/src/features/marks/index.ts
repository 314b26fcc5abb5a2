import { IconReportAnalytics } from '@tabler/icons-react';
import type { Feature } from '../../kit/feature.ts';
import { page } from '../../kit/part.ts';
import { StaffListener, StudentListener } from './listeners.tsx';

const StudentPage = page(() => import('./student-page.tsx'));
const StaffPage = page(() => import('./staff-page.tsx'));

/** Marks: entered by staff in a grid, on the student's open page the moment they are published. */
export const marks: Feature = {
  pages: [
    {
      path: '/marks',
      title: 'Marks',
      icon: IconReportAnalytics,
      views: { student: StudentPage, faculty: StaffPage, admin: StaffPage },
    },
  ],
  listeners: { student: StudentListener, faculty: StaffListener, admin: StaffListener },
};
