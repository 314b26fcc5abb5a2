import { IconChalkboardTeacher } from '@tabler/icons-react';
import type { Feature } from '../../kit/feature.ts';
import { page } from '../../kit/part.ts';
import { AdminListener, FacultyListener } from './listeners.tsx';

const FacultyPage = page(() => import('./faculty-page.tsx'));

/** Who teaches what, which decides what they may record and mark. */
export const faculty: Feature = {
  pages: [{ path: '/faculty', title: 'Faculty', icon: IconChalkboardTeacher, place: 'more', views: { admin: FacultyPage } }],
  listeners: { admin: AdminListener, faculty: FacultyListener },
};
