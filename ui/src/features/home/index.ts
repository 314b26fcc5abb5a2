import { IconHome } from '@tabler/icons-react';
import type { Feature } from '../../kit/feature.ts';
import { page } from '../../kit/part.ts';

const StudentHome = page(() => import('./student-home.tsx'));
const StaffHome = page(() => import('./staff-home.tsx'));

/** The first page of everybody. */
export const home: Feature = {
  pages: [{ path: '/', title: 'Home', icon: IconHome, views: { student: StudentHome, faculty: StaffHome, admin: StaffHome } }],
};
