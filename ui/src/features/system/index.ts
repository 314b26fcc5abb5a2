import { IconHeartbeat } from '@tabler/icons-react';
import type { Feature } from '../../kit/feature.ts';
import { page } from '../../kit/part.ts';

const SystemPage = page(() => import('./system-page.tsx'));

/** How the server is: who is connected, whether pages are live, room, the last backup. */
export const system: Feature = {
  pages: [{ path: '/system', title: 'System', icon: IconHeartbeat, place: 'more', views: { admin: SystemPage } }],
};
