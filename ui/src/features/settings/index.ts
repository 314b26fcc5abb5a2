import { IconSettings } from '@tabler/icons-react';
import { lazy } from 'react';
import type { Feature } from '../../kit/feature.ts';

const SettingsPage = lazy(() => import('./settings-page.tsx'));

/** What the office decides about the institute while the server runs. */
export const settings: Feature = {
  pages: [{ path: '/settings', title: 'Settings', icon: IconSettings, place: 'more', views: { admin: SettingsPage } }],
};
