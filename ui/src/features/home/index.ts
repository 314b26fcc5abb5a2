import { IconHome } from '@tabler/icons-react';
import { lazy } from 'react';
import type { Feature } from '../../kit/feature.ts';

const StudentHome = lazy(() => import('./student-home.tsx'));
const StaffHome = lazy(() => import('./staff-home.tsx'));

/** The first page of everybody. */
export const home: Feature = {
  pages: [{ path: '/', title: 'Home', icon: IconHome, views: { student: StudentHome, faculty: StaffHome, admin: StaffHome } }],
};
