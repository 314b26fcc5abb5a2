import { IconUserCog } from '@tabler/icons-react';
import type { Feature } from '../../kit/feature.ts';
import { page } from '../../kit/part.ts';
import { Listener } from './listeners.tsx';

const AccountPage = page(() => import('./account-page.tsx'));

/** Everybody's own account: who they are here, on which devices they are signed in, their password. The menu of the account leads here. */
export const accounts: Feature = {
  pages: [{ path: '/account', title: 'My account', icon: IconUserCog, place: 'nowhere', views: { student: AccountPage, faculty: AccountPage, admin: AccountPage } }],
  listeners: { student: Listener, faculty: Listener, admin: Listener },
};
