import { IconScale } from '@tabler/icons-react';
import { lazy } from 'react';
import type { Feature } from '../../kit/feature.ts';
import { Listener } from './listeners.tsx';

const RegulationsPage = lazy(() => import('./regulations-page.tsx'));

/** Rules that councils set, dated: which attendance is needed, where an average is too high. */
export const regulations: Feature = {
  pages: [{ path: '/regulations', title: 'Regulations', icon: IconScale, place: 'more', views: { admin: RegulationsPage } }],
  listeners: { student: Listener, faculty: Listener, admin: Listener },
};
