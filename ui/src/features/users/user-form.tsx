import { Button, Group, NativeSelect, SimpleGrid, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { Link } from 'react-router';
import drawer from '../../kit/drawer.module.css';
import { FormFoot } from '../../kit/form-foot.tsx';
import { asProblem } from '../../kit/problem.ts';
import { toFirstProblem } from '../../kit/refused.tsx';
import { SideDrawer } from '../../kit/side-drawer.tsx';
import { showToast } from '../../kit/toasts.tsx';
import { useMergedDraft } from '../../kit/use-merged-draft.ts';
import type { ManagedUser, UserAdded } from '../../kit/wire.ts';
import { blank, changes, draftOf, labels, problemsOf, roles, type Field, type Problems } from './draft.ts';
import { addUser, changeUser, oneUser, refreshUsers } from './queries.ts';

interface UserFormProps {
  /** Undefined to make one. */
  user: ManagedUser | undefined;
  onAdded: (added: UserAdded) => void;
  onClose: () => void;
}

export default function UserForm({ user, onAdded, onClose }: UserFormProps) {
  const queries = useQueryClient();
  const merging = useMergedDraft<Field>(() => (user === undefined ? blank : draftOf(user)), user?.version);
  const { base, version, draft, setDraft, final, settle } = merging;
  const [tried, setTried] = useState(false);
  const saving = useMutation({
    mutationFn: async () => {
      if (user === undefined) return { added: await addUser(changes(final, { ...blank, role: '' })) };
      await changeUser(queries, user._id, { ...changes(final, base), version });
      return {};
    },
    onSuccess: ({ added }) => {
      void refreshUsers(queries);
      if (added !== undefined) onAdded(added);
      else showToast({ key: 'users:saved', title: `Saved: ${draft.fullName}` });
      onClose();
    },
    onError: async (error) => {
      if (user === undefined || asProblem(error).code !== 'users.changed_meanwhile') return;
      const current = await oneUser(user._id);
      settle(draftOf(current), current.version);
    },
  });
  const refused = saving.error === null ? null : asProblem(saving.error);
  const found = problemsOf(draft);
  const problems: Problems = { ...(refused?.fields ?? {}), ...(tried ? found : {}) };
  const isStudent = user?.role === 'student';
  // A student needs a course and more: that is asked on their own page.
  const isElsewhere = user === undefined && draft.role === 'student';
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(found).length === 0) saving.mutate();
    else toFirstProblem(event.currentTarget);
  };
  const text = (field: Field, type = 'text') => <TextInput key={field} label={labels[field]} type={type} value={draft[field]} disabled={isStudent && field !== 'email'} onChange={(event) => setDraft({ ...draft, [field]: event.currentTarget.value })} error={problems[field]} autoComplete="off" />;
  const role = <NativeSelect label={labels.role} value={draft.role} disabled={isStudent} data={Object.entries(roles).filter(([one]) => one !== 'student' || isStudent || user === undefined).map(([value, label]) => ({ value, label }))} onChange={(event) => setDraft({ ...draft, role: event.currentTarget.value })} error={problems.role} />;
  return (
    <SideDrawer title={user === undefined ? 'Add an account' : `Change ${user.profile.fullName}`} width={560} isBusy={saving.isPending} onClose={onClose}>
      <form onSubmit={submit} noValidate>
        {isStudent && <Text size="sm" c="dimmed" mb="sm">Of a student only the address is changed here; everything else on the page of the students.</Text>}
        {isElsewhere ? (
          <>
            {role}
            <Text my="md">A student has a course, a semester and a year of admission: they are added on the page of the students, and their account with them.</Text>
            <div className={drawer.foot}>
              <Group justify="flex-end">
                <Button variant="default" onClick={onClose}>Cancel</Button>
                <Button component={Link} to="/students?add=1">Add a student</Button>
              </Group>
            </div>
          </>
        ) : (
          <>
            <SimpleGrid cols={{ base: 1, xs: 2 }}>
              {text('fullName')}
              {role}
              {text('username')}
              {text('email', 'email')}
              {!isStudent && <>{text('contactNumber', 'tel')}{text('designation')}{text('department')}</>}
            </SimpleGrid>
            {draft.role === 'faculty' && <Text size="sm" c="dimmed" mt="md">What they teach is said on the page of the faculty.</Text>}
            <FormFoot merging={merging} label={(field) => labels[field]} error={saving.error} isSaving={saving.isPending} confirm={user === undefined ? 'Add' : 'Save'} onClose={onClose} />
          </>
        )}
      </form>
    </SideDrawer>
  );
}
