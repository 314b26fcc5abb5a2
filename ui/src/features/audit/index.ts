import { IconHistory } from '@tabler/icons-react';
import type { Feature } from '../../kit/feature.ts';
import { page } from '../../kit/part.ts';

const AuditPage = page(() => import('./audit-page.tsx'));

/** Who did what to which record: written in the transaction of the act, changed by nobody. */
export const audit: Feature = {
  pages: [{ path: '/audit', title: 'Audit', icon: IconHistory, place: 'more', views: { admin: AuditPage } }],
};
