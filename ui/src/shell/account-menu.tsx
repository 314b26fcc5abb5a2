import { Menu, Text, UnstyledButton, useMantineColorScheme, VisuallyHidden, type MantineColorScheme } from '@mantine/core';
import { IconDeviceMobile, IconKey, IconLogout, IconMoon, IconSun, IconUserCog } from '@tabler/icons-react';
import { Suspense, useRef, useState } from 'react';
import { Link } from 'react-router';
import { nameOf, signOut } from '../features/accounts/me.ts';
import { part } from '../kit/part.ts';
import type { Role, User } from '../kit/wire.ts';
import classes from './account-menu.module.css';

const ChangePassword = part(() => import('../features/accounts/change-password.tsx'));

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
  const button = useRef<HTMLButtonElement>(null);
  const name = nameOf(user);
  return (
    <>
      <Menu position="bottom-end" width={250} withinPortal classNames={{ item: classes.item }}>
        <Menu.Target>
          <UnstyledButton ref={button} className={classes.button}>
            <span aria-hidden="true">{initials(name)}</span>
            <VisuallyHidden>{`Account of ${name}`}</VisuallyHidden>
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label className={classes.who}>
            <Text component="span" fw={600} c="var(--mantine-color-text)">{name}</Text>
            <Text component="span" size="sm">{[roles[user.role], user.profile.studentId ?? user.email].join(' · ')}</Text>
          </Menu.Label>
          <Menu.Divider />
          <Menu.Label>Colours</Menu.Label>
          <Menu.RadioGroup value={colorScheme} onChange={(scheme) => setColorScheme(scheme as MantineColorScheme)}>
            {schemes.map(([scheme, label, Icon]) => <Menu.RadioItem key={scheme} value={scheme} rightSection={<Icon size={18} aria-hidden="true" />}>{label}</Menu.RadioItem>)}
          </Menu.RadioGroup>
          <Menu.Divider />
          <Menu.Item component={Link} to="/account" leftSection={<IconUserCog size={18} aria-hidden="true" />}>My account</Menu.Item>
          <Menu.Item leftSection={<IconKey size={18} aria-hidden="true" />} onClick={() => setChanging(true)}>Change password</Menu.Item>
          <Menu.Item leftSection={<IconLogout size={18} aria-hidden="true" />} onClick={signOut}>Sign out</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {changing && <Suspense fallback={null}><ChangePassword returnTo={button} onClose={() => setChanging(false)} /></Suspense>}
    </>
  );
}
