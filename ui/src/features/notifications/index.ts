import { IconBell, IconSpeakerphone } from '@tabler/icons-react';
import type { Feature } from '../../kit/feature.ts';
import { page } from '../../kit/part.ts';
import { Listener } from './listeners.tsx';

const OwnPage = page(() => import('./own-page.tsx'));
const NoticesPage = page(() => import('./notices-page.tsx'));

/** What somebody is to know, until they have read it; and what the office writes. The bell in the header leads here. */
export const notifications: Feature = {
  pages: [
    { path: '/notifications', title: 'Notifications', icon: IconBell, place: 'nowhere', views: { student: OwnPage, faculty: OwnPage, admin: OwnPage } },
    { path: '/notices', title: 'Notices', icon: IconSpeakerphone, place: 'more', views: { admin: NoticesPage } },
  ],
  listeners: { student: Listener, faculty: Listener, admin: Listener },
};
