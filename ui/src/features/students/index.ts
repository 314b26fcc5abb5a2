import { IconUsersGroup } from '@tabler/icons-react';
import type { Feature } from '../../kit/feature.ts';
import { page } from '../../kit/part.ts';
import { AdminListener } from './listeners.tsx';

const StudentsPage = page(() => import('./students-page.tsx'));

/** Who studies what: the office adds and changes, faculty look at those of their courses. */
export const students: Feature = {
  pages: [{ path: '/students', title: 'Students', icon: IconUsersGroup, place: 'more', views: { faculty: StudentsPage, admin: StudentsPage } }],
  listeners: { admin: AdminListener },
};
