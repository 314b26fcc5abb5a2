import { IconScale } from '@tabler/icons-react';
import type { Feature } from '../../kit/feature.ts';
import { page } from '../../kit/part.ts';
import { Listener } from './listeners.tsx';

const RegulationsPage = page(() => import('./regulations-page.tsx'));

/** Rules that councils set, dated: which attendance is needed, where an average is too high. */
export const regulations: Feature = {
  pages: [{ path: '/regulations', title: 'Regulations', icon: IconScale, place: 'more', views: { admin: RegulationsPage } }],
  listeners: { student: Listener, faculty: Listener, admin: Listener },
};
