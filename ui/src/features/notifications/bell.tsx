import { VisuallyHidden } from '@mantine/core';
import { IconBell } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { NavLink } from 'react-router';
import { useLivePolling } from '../../realtime/live.tsx';
import classes from './bell.module.css';
import { ownNotifications } from './queries.ts';

/** The way to one's notifications, with how many are not read. */
export function Bell() {
  const { data: unread = 0 } = useInfiniteQuery({ ...ownNotifications(), select: (data) => data.pages[0]?.unread ?? 0, refetchInterval: useLivePolling() });
  return (
    <NavLink to="/notifications" className={classes.bell}>
      <IconBell size={24} stroke={1.7} aria-hidden="true" />
      <VisuallyHidden>{unread === 0 ? 'Notifications' : `Notifications, ${unread} not read`}</VisuallyHidden>
      {unread > 0 && <span className={classes.count} aria-hidden="true">{unread > 99 ? '99+' : unread}</span>}
    </NavLink>
  );
}
