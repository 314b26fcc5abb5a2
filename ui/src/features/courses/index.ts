import { IconSchool } from '@tabler/icons-react';
import type { Feature } from '../../kit/feature.ts';
import { page } from '../../kit/part.ts';
import { Listener } from './listeners.tsx';

const CoursesPage = page(() => import('./courses-page.tsx'));

/** What can be studied here. */
export const courses: Feature = {
  pages: [{ path: '/courses', title: 'Courses', icon: IconSchool, place: 'more', views: { admin: CoursesPage } }],
  listeners: { faculty: Listener, admin: Listener },
};
