import { Menu, Text, UnstyledButton, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { IconCheck, IconDeviceMobile, IconKey, IconLogout, IconMoon, IconSun } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import { nameOf } from '../features/accounts/me.ts';
import { session } from '../kit/session.ts';
import type { Role, User } from '../kit/wire.ts';
import classes from './account-menu.module.css';

const ChangePassword = lazy(() => import('../features/accounts/change-password.tsx'));

const roles: Record<Role, string> = { admin: 'Office', faculty: 'Faculty', student: 'Student' };

const schemes: [MantineColorScheme, string, typeof IconSun][] = [
  ['light', 'Light', IconSun],
  ['dark', 'Dark', IconMoon],
  ['auto', 'Like this device', IconDeviceMobile],
];

function initials(name: string): string {
  const parts = name.trim().split(/\s+/);
  return [parts[0], parts.length > 1 ? parts.at(-1) : undefined].map((part) => part?.charAt(0).toUpperCase() ?? '').join('');
}

export function AccountMenu({ user }: { user: User }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [changing, setChanging] = useState(false);
  const name = nameOf(user);
  return (
    <>
      <Menu position="bottom-end" width={250} withinPortal>
        <Menu.Target>
          <UnstyledButton className={classes.button} aria-label={`Account of ${name}`}>{initials(name)}</UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          <div className={classes.who}>
            <Text fw={600}>{name}</Text>
            <Text size="sm" c="dimmed">{[roles[user.role], user.profile?.studentId ?? user.email].join(' · ')}</Text>
          </div>
          <Menu.Divider />
          <Menu.Label>Colours</Menu.Label>
          {schemes.map(([scheme, label, Icon]) => (
            <Menu.Item
              key={scheme}
              role="menuitemradio"
              aria-checked={colorScheme === scheme}
              leftSection={<Icon size={18} aria-hidden="true" />}
              rightSection={colorScheme === scheme ? <IconCheck size={18} aria-hidden="true" /> : undefined}
              onClick={() => setColorScheme(scheme)}
              closeMenuOnClick={false}
            >
              {label}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item leftSection={<IconKey size={18} aria-hidden="true" />} onClick={() => setChanging(true)}>Change password</Menu.Item>
          <Menu.Item leftSection={<IconLogout size={18} aria-hidden="true" />} onClick={() => session.leave()}>Sign out</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {changing && <Suspense fallback={null}><ChangePassword onClose={() => setChanging(false)} /></Suspense>}
    </>
  );
}
