import { useQueryClient } from '@tanstack/react-query';
import { switchAct, useNewPassword } from '../../kit/account-acts.tsx';
import { RecordMenu, type RecordAct } from '../../kit/record-menu.tsx';
import { showToast } from '../../kit/toasts.tsx';
import type { ManagedUser } from '../../kit/wire.ts';
import { deleteUser, giveNewPassword, refreshUsers, signOutUser, toggleUser } from './queries.ts';

/** What the office can do with an account; each is asked before it is done. */
export function UserMenu({ user, onEdit }: { user: ManagedUser; onEdit: () => void }) {
  const queries = useQueryClient();
  const { username, email, isActive, profile: { fullName: name } } = user;
  const refresh = () => void refreshUsers(queries);
  const done = () => {
    refresh();
    showToast({ key: 'users:done', title: `Done: ${name}` });
  };
  const [newPassword, shown] = useNewPassword({ name, username, email, give: async () => (await giveNewPassword(user._id)).password ?? '', onDone: refresh });
  const acts: RecordAct[] = [
    { label: 'Edit', onPick: onEdit },
    newPassword,
    { label: 'Sign out everywhere', question: { title: `Sign ${name} out everywhere?`, confirm: 'Sign out', text: 'All their devices are signed out at once. Their password stays.', run: () => signOutUser(user._id), onDone: done } },
    switchAct(name, isActive, 'What they did stays.', () => toggleUser(queries, user._id), done),
  ];
  if (user.role !== 'student') {
    acts.push({ label: 'Delete', isDangerous: true, question: { title: `Delete ${name}?`, confirm: 'Delete', text: 'An account that is named in records cannot be deleted; switch it off instead.', run: () => deleteUser(user._id), onDone: done } });
  }
  return (
    <>
      <RecordMenu name={name} acts={acts} />
      {shown}
    </>
  );
}
