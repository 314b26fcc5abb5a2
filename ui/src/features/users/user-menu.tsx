import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Credentials } from '../../kit/credentials.tsx';
import { RecordMenu, type RecordAct } from '../../kit/record-menu.tsx';
import { showToast } from '../../kit/toasts.tsx';
import type { ManagedUser } from '../../kit/wire.ts';
import { deleteUser, giveNewPassword, refreshUsers, signOutUser, toggleUser } from './queries.ts';

/** What the office can do with an account; each is asked before it is done. */
export function UserMenu({ user, onEdit }: { user: ManagedUser; onEdit: () => void }) {
  const queries = useQueryClient();
  const [given, setGiven] = useState<string | null>(null);
  const name = user.profile.fullName;
  const done = () => {
    void refreshUsers(queries);
    showToast({ key: 'users:done', title: `Done: ${name}` });
  };
  const acts: RecordAct[] = [
    { label: 'Edit', onPick: onEdit },
    {
      label: 'New password',
      question: {
        title: `New password for ${name}?`,
        confirm: 'Make a new password',
        text: 'It is made and shown to you once. All their devices are signed out at once.',
        run: async () => setGiven((await giveNewPassword(user._id)).password ?? ''),
        onDone: () => void refreshUsers(queries),
      },
    },
    { label: 'Sign out everywhere', question: { title: `Sign ${name} out everywhere?`, confirm: 'Sign out', text: 'All their devices are signed out at once. Their password stays.', run: () => signOutUser(user._id), onDone: done } },
    {
      label: user.isActive ? 'Switch off' : 'Switch on',
      question: {
        title: user.isActive ? `Switch ${name} off?` : `Switch ${name} on?`,
        confirm: user.isActive ? 'Switch off' : 'Switch on',
        text: user.isActive ? 'They are signed out everywhere at once and cannot sign in. What they did stays.' : 'They can sign in again, with the password they had.',
        run: () => toggleUser(user._id),
        onDone: done,
      },
    },
  ];
  if (user.role !== 'student') {
    acts.push({ label: 'Delete', isDangerous: true, question: { title: `Delete ${name}?`, confirm: 'Delete', text: 'An account that is named in records cannot be deleted; switch it off instead.', run: () => deleteUser(user._id), onDone: done } });
  }
  return (
    <>
      <RecordMenu name={name} acts={acts} />
      {given !== null && <Credentials title="New password" name={name} lines={[['User name', user.username], ['Email', user.email], ['Password', given]]} onClose={() => setGiven(null)} />}
    </>
  );
}
