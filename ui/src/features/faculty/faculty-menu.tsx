import { useQueryClient } from '@tanstack/react-query';
import { newPasswordAct, switchAct, type NewPassword } from '../../kit/account-acts.tsx';
import { RecordMenu, type RecordAct } from '../../kit/record-menu.tsx';
import { showToast } from '../../kit/toasts.tsx';
import type { FacultyMember } from '../../kit/wire.ts';
import { giveNewPassword } from '../users/queries.ts';
import { deleteMember, refreshFaculty, switchMember } from './queries.ts';

/** What the office can do with a faculty member; each is asked before it is done. */
export function FacultyMenu({ member, onEdit, onGiven }: { member: FacultyMember; onEdit: () => void; onGiven: (given: NewPassword) => void }) {
  const queries = useQueryClient();
  const { fullName: name, username, email, isActive } = member;
  const refresh = () => void refreshFaculty(queries);
  const done = () => {
    refresh();
    showToast({ key: 'faculty:done', title: `Done: ${name}` });
  };
  const acts: RecordAct[] = [
    { label: 'Edit', onPick: onEdit },
    newPasswordAct({ name, username, email }, async () => (await giveNewPassword(member.user)).password ?? '', onGiven, refresh),
    switchAct(name, isActive, 'What they recorded stays theirs.', () => switchMember(queries, member._id, !isActive, member.version), done),
    { label: 'Delete', isDangerous: true, question: { title: `Delete ${name}?`, confirm: 'Delete', text: 'Who has recorded anything cannot be deleted; switch them off instead.', run: () => deleteMember(member._id), onDone: done } },
  ];
  return <RecordMenu name={name} acts={acts} />;
}
