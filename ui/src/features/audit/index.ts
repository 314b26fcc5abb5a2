import { IconHistory } from '@tabler/icons-react';
import { lazy } from 'react';
import type { Feature } from '../../kit/feature.ts';

const AuditPage = lazy(() => import('./audit-page.tsx'));

/** Who did what to which record: written in the transaction of the act, changed by nobody. */
export const audit: Feature = {
  pages: [{ path: '/audit', title: 'Audit', icon: IconHistory, place: 'more', views: { admin: AuditPage } }],
};
