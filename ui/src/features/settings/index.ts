import { IconSettings } from '@tabler/icons-react';
import type { Feature } from '../../kit/feature.ts';
import { page } from '../../kit/part.ts';

const SettingsPage = page(() => import('./settings-page.tsx'));

/** What the office decides about the institute while the server runs. */
export const settings: Feature = {
  pages: [{ path: '/settings', title: 'Settings', icon: IconSettings, place: 'more', views: { admin: SettingsPage } }],
};
