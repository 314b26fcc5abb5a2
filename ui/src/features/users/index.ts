import { IconUserShield } from '@tabler/icons-react';
import type { Feature } from '../../kit/feature.ts';
import { page } from '../../kit/part.ts';
import { AdminListener } from './listeners.tsx';

const UsersPage = page(() => import('./users-page.tsx'));

/** The accounts of everybody, as the office keeps them. Students are added and changed on their own page. */
export const users: Feature = {
  pages: [{ path: '/users', title: 'Users', icon: IconUserShield, place: 'more', views: { admin: UsersPage } }],
  listeners: { admin: AdminListener },
};
