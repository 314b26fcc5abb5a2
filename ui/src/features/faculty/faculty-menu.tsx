import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Credentials } from '../../kit/credentials.tsx';
import { RecordMenu, type RecordAct } from '../../kit/record-menu.tsx';
import { showToast } from '../../kit/toasts.tsx';
import type { FacultyMember } from '../../kit/wire.ts';
import { giveNewPassword } from '../users/queries.ts';
import { changeMember, deleteMember, refreshFaculty } from './queries.ts';

/** What the office can do with a faculty member; each is asked before it is done. */
export function FacultyMenu({ member, onEdit }: { member: FacultyMember; onEdit: () => void }) {
  const queries = useQueryClient();
  const [given, setGiven] = useState<string | null>(null);
  const { fullName: name, isActive } = member;
  const done = () => {
    void refreshFaculty(queries);
    showToast({ key: 'faculty:done', title: `Done: ${name}` });
  };
  const acts: RecordAct[] = [
    { label: 'Edit', onPick: onEdit },
    {
      label: 'New password',
      question: {
        title: `New password for ${name}?`,
        confirm: 'Make a new password',
        text: 'It is made and shown to you once. All their devices are signed out at once.',
        run: async () => setGiven((await giveNewPassword(member.user)).password ?? ''),
        onDone: () => void refreshFaculty(queries),
      },
    },
    {
      label: isActive ? 'Switch off' : 'Switch on',
      question: {
        title: isActive ? `Switch ${name} off?` : `Switch ${name} on?`,
        confirm: isActive ? 'Switch off' : 'Switch on',
        text: isActive ? 'They are signed out everywhere at once and cannot sign in. What they recorded stays theirs.' : 'They can sign in again, with the password they had.',
        run: () => changeMember(member._id, { isActive: !isActive }),
        onDone: done,
      },
    },
    { label: 'Delete', isDangerous: true, question: { title: `Delete ${name}?`, confirm: 'Delete', text: 'Who has recorded anything cannot be deleted; switch them off instead.', run: () => deleteMember(member._id), onDone: done } },
  ];
  return (
    <>
      <RecordMenu name={name} acts={acts} />
      {given !== null && <Credentials title="New password" name={name} lines={[['User name', member.username], ['Email', member.email], ['Password', given]]} onClose={() => setGiven(null)} />}
    </>
  );
}
