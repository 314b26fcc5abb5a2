import { IconSchool } from '@tabler/icons-react';
import { lazy } from 'react';
import type { Feature } from '../../kit/feature.ts';
import { Listener } from './listeners.tsx';

const CoursesPage = lazy(() => import('./courses-page.tsx'));

/** What can be studied here. */
export const courses: Feature = {
  pages: [{ path: '/courses', title: 'Courses', icon: IconSchool, place: 'more', views: { admin: CoursesPage } }],
  listeners: { faculty: Listener, admin: Listener },
};
