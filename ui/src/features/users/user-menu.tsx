import { useQueryClient } from '@tanstack/react-query';
import { newPasswordAct, switchAct, type NewPassword } from '../../kit/account-acts.tsx';
import { RecordMenu, type RecordAct } from '../../kit/record-menu.tsx';
import { showToast } from '../../kit/toasts.tsx';
import type { ManagedUser } from '../../kit/wire.ts';
import { deleteUser, giveNewPassword, refreshUsers, signOutUser, switchUser } from './queries.ts';

/** What the office can do with an account; each is asked before it is done. */
export function UserMenu({ user, onEdit, onGiven }: { user: ManagedUser; onEdit: () => void; onGiven: (given: NewPassword) => void }) {
  const queries = useQueryClient();
  const { username, email, isActive, profile: { fullName: name } } = user;
  const refresh = () => void refreshUsers(queries);
  const done = () => {
    refresh();
    showToast({ key: 'users:done', title: `Done: ${name}` });
  };
  const acts: RecordAct[] = [
    { label: 'Edit', onPick: onEdit },
    newPasswordAct({ name, username, email }, async () => (await giveNewPassword(user._id)).password ?? '', onGiven, refresh),
    { label: 'Sign out everywhere', question: { title: `Sign ${name} out everywhere?`, confirm: 'Sign out', text: 'All their devices are signed out at once. Their password stays.', run: () => signOutUser(user._id), onDone: done } },
    switchAct(name, isActive, 'What they did stays.', () => switchUser(queries, user._id, !isActive, user.version), done),
  ];
  if (user.role !== 'student') {
    acts.push({ label: 'Delete', isDangerous: true, question: { title: `Delete ${name}?`, confirm: 'Delete', text: 'An account that is named in records cannot be deleted; switch it off instead.', run: () => deleteUser(user._id), onDone: done } });
  }
  return <RecordMenu name={name} acts={acts} />;
}
