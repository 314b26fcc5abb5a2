import { IconBooks } from '@tabler/icons-react';
import type { Feature } from '../../kit/feature.ts';
import { page } from '../../kit/part.ts';
import { StaffListener, StudentListener } from './listeners.tsx';
import { UnopenedCount } from './unopened-count.tsx';

const StudentPage = page(() => import('./student-page.tsx'));
const StaffPage = page(() => import('./staff-page.tsx'));

/** Study material: uploaded by staff, at once on the page of everybody it is for. */
export const downloads: Feature = {
  pages: [
    {
      path: '/downloads',
      title: 'Study material',
      short: 'Material',
      icon: IconBooks,
      views: { student: StudentPage, faculty: StaffPage, admin: StaffPage },
      count: { student: UnopenedCount },
    },
  ],
  listeners: { student: StudentListener, faculty: StaffListener, admin: StaffListener },
};
