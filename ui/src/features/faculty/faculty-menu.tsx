import { useQueryClient } from '@tanstack/react-query';
import { switchAct, useNewPassword } from '../../kit/account-acts.tsx';
import { RecordMenu, type RecordAct } from '../../kit/record-menu.tsx';
import { showToast } from '../../kit/toasts.tsx';
import type { FacultyMember } from '../../kit/wire.ts';
import { giveNewPassword } from '../users/queries.ts';
import { changeMember, deleteMember, refreshFaculty } from './queries.ts';

/** What the office can do with a faculty member; each is asked before it is done. */
export function FacultyMenu({ member, onEdit }: { member: FacultyMember; onEdit: () => void }) {
  const queries = useQueryClient();
  const { fullName: name, username, email, isActive } = member;
  const refresh = () => void refreshFaculty(queries);
  const done = () => {
    refresh();
    showToast({ key: 'faculty:done', title: `Done: ${name}` });
  };
  const [newPassword, shown] = useNewPassword({ name, username, email, give: async () => (await giveNewPassword(member.user)).password ?? '', onDone: refresh });
  const acts: RecordAct[] = [
    { label: 'Edit', onPick: onEdit },
    newPassword,
    switchAct(name, isActive, 'What they recorded stays theirs.', () => changeMember(queries, member._id, { isActive: !isActive, version: member.version }), done),
    { label: 'Delete', isDangerous: true, question: { title: `Delete ${name}?`, confirm: 'Delete', text: 'Who has recorded anything cannot be deleted; switch them off instead.', run: () => deleteMember(member._id), onDone: done } },
  ];
  return (
    <>
      <RecordMenu name={name} acts={acts} />
      {shown}
    </>
  );
}
