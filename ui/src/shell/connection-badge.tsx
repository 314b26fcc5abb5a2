import { IconBroadcast, IconLoader2, IconRefreshAlert, IconWifiOff } from '@tabler/icons-react';
import type { Shown } from '../realtime/connection.ts';
import { useLiveState } from '../realtime/live.tsx';
import classes from './connection-badge.module.css';

const words: Record<Shown, { text: string; more: string; Icon: typeof IconBroadcast }> = {
  live: { text: 'Live', more: 'Connected: changes appear at once.', Icon: IconBroadcast },
  connecting: { text: 'Connecting', more: 'Connecting to the institute.', Icon: IconLoader2 },
  reconnecting: { text: 'Reconnecting', more: 'The connection was lost and is being made again. What you see may be out of date.', Icon: IconRefreshAlert },
  offline: { text: 'Offline', more: 'This device has no network. What you see may be out of date.', Icon: IconWifiOff },
};

export function ConnectionBadge() {
  const { shown } = useLiveState();
  const { text, more, Icon } = words[shown];
  return (
    <div className={classes.badge} data-state={shown} role="status" title={more}>
      <Icon size={18} stroke={1.8} aria-hidden="true" />
      <span>{text}</span>
    </div>
  );
}
