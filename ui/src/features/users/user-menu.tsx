import { ActionIcon, Menu, Text } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ConfirmDialog } from '../../kit/confirm-dialog.tsx';
import { Credentials } from '../../kit/credentials.tsx';
import { showToast } from '../../kit/toasts.tsx';
import type { ManagedUser } from '../../kit/wire.ts';
import { deleteUser, giveNewPassword, refreshUsers, signOutUser, toggleUser } from './queries.ts';

type Asked = 'toggle' | 'password' | 'signOut' | 'delete';

/** What the office can do with an account; each is asked before it is done. */
export function UserMenu({ user, onEdit }: { user: ManagedUser; onEdit: () => void }) {
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [given, setGiven] = useState<string | null>(null);
  const name = user.profile.fullName;
  const questions: Record<Asked, { title: string; confirm: string; text: string; run: () => Promise<unknown> }> = {
    toggle: {
      title: user.isActive ? `Switch ${name} off?` : `Switch ${name} on?`,
      confirm: user.isActive ? 'Switch off' : 'Switch on',
      text: user.isActive ? 'They are signed out everywhere at once and cannot sign in. What they did stays.' : 'They can sign in again, with the password they had.',
      run: () => toggleUser(user._id),
    },
    password: { title: `New password for ${name}?`, confirm: 'Make a new password', text: 'It is made and shown to you once. All their devices are signed out at once.', run: async () => setGiven((await giveNewPassword(user._id)).password ?? '') },
    signOut: { title: `Sign ${name} out everywhere?`, confirm: 'Sign out', text: 'All their devices are signed out at once. Their password stays.', run: () => signOutUser(user._id) },
    delete: { title: `Delete ${name}?`, confirm: 'Delete', text: 'An account that is named in records cannot be deleted; switch it off instead.', run: () => deleteUser(user._id) },
  };
  const question = asked === null ? null : questions[asked];
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" size={44} color="gray" aria-label={`What to do with ${name}`}><IconDots size={22} aria-hidden="true" /></ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item mih={44} onClick={onEdit}>Edit</Menu.Item>
          <Menu.Item mih={44} onClick={() => setAsked('password')}>New password</Menu.Item>
          <Menu.Item mih={44} onClick={() => setAsked('signOut')}>Sign out everywhere</Menu.Item>
          <Menu.Item mih={44} onClick={() => setAsked('toggle')}>{user.isActive ? 'Switch off' : 'Switch on'}</Menu.Item>
          {user.role !== 'student' && <Menu.Item mih={44} c="var(--mantine-color-error)" onClick={() => setAsked('delete')}>Delete</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
      {question !== null && (
        <ConfirmDialog
          title={question.title}
          confirm={question.confirm}
          keep="Cancel"
          refusal="It was not done"
          run={question.run}
          onDone={() => {
            void refreshUsers(queries);
            if (asked !== 'password') showToast({ key: 'users:done', title: `Done: ${name}` });
          }}
          onClose={() => setAsked(null)}
        >
          <Text>{question.text}</Text>
        </ConfirmDialog>
      )}
      {given !== null && <Credentials title="New password" name={name} lines={[['User name', user.username], ['Email', user.email], ['Password', given]]} onClose={() => setGiven(null)} />}
    </>
  );
}
