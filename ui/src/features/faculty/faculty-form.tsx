import { Autocomplete, SimpleGrid, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { Fold } from '../../kit/fold.tsx';
import { FormFoot } from '../../kit/form-foot.tsx';
import { asProblem } from '../../kit/problem.ts';
import { toFirstProblem } from '../../kit/refused.tsx';
import { SideDrawer } from '../../kit/side-drawer.tsx';
import { showToast } from '../../kit/toasts.tsx';
import { useMergedDraft } from '../../kit/use-merged-draft.ts';
import type { Course, FacultyMember } from '../../kit/wire.ts';
import { blank, changes, draftOf, inWords, labelOf, labels, passwordFrom, problemsOf, type AnyField, type Draft, type Field, type Problems } from './draft.ts';
import classes from './faculty.module.css';
import { addMember, changeMember, offeredQuery, oneMember, refreshFaculty } from './queries.ts';
import { TeachesFields } from './teaches-fields.tsx';

export interface Added {
  member: FacultyMember;
  password: string;
}

interface FacultyFormProps {
  /** Undefined to add one. */
  member: FacultyMember | undefined;
  courses: readonly Course[];
  onAdded: (added: Added) => void;
  onClose: () => void;
}

const long: Field[] = ['qualification', 'specialization', 'experience'];

/** Adds or changes a faculty member. What was typed is this form's alone: the list may be renewed behind it. */
export default function FacultyForm({ member, courses, onAdded, onClose }: FacultyFormProps) {
  const queries = useQueryClient();
  const offered = useQuery(offeredQuery).data;
  const isNew = member === undefined;
  const merging = useMergedDraft<AnyField>(() => (isNew ? blank(courses, passwordFrom(crypto.getRandomValues(new Uint8Array(64)))) : draftOf(member, courses)), member?.version);
  const { base, version, draft, setDraft, final, settle } = merging;
  const [tried, setTried] = useState(false);
  const codes = new Map(courses.map(({ _id, courseCode }) => [_id, courseCode]));
  const saving = useMutation({
    mutationFn: async (): Promise<Added | undefined> => {
      if (isNew) return { member: await addMember(changes(final, { ...blank(courses, ''), isActive: 'true' })), password: final.password.trim() };
      await changeMember(queries, member._id, { ...changes(final, base), version: version ?? null });
      return undefined;
    },
    onSuccess: (added) => {
      void refreshFaculty(queries);
      if (added !== undefined) onAdded(added);
      else showToast({ key: 'faculty:saved', title: `Saved: ${draft.fullName}` });
      onClose();
    },
    onError: async (error) => {
      if (isNew || asProblem(error).code !== 'faculty.changed_meanwhile') return;
      const current = await oneMember(member._id);
      settle(draftOf(current, courses), current.version);
    },
  });
  const refused = saving.error === null ? null : asProblem(saving.error);
  const found = problemsOf(final, isNew);
  const problems: Problems = { ...(refused?.fields ?? {}), ...(tried ? found : {}) };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(found).length === 0) saving.mutate();
    else toFirstProblem(event.currentTarget);
  };
  const change = (to: Partial<Draft>) => setDraft((before) => ({ ...before, ...to }) as Draft);
  const text = (field: Field, more: { type?: string; description?: string } = {}) => <TextInput key={field} name={field} label={labels[field]} value={draft[field]} onChange={(event) => change({ [field]: event.currentTarget.value })} error={problems[field]} autoComplete="off" {...more} />;
  const choice = (field: Field, data: string[]) => <Autocomplete key={field} name={field} label={labels[field]} size="md" value={draft[field]} data={data} onChange={(value) => change({ [field]: value })} error={problems[field]} autoComplete="off" />;
  return (
    <SideDrawer title={isNew ? 'Add a faculty member' : `Change ${member.fullName}`} width={620} isBusy={saving.isPending} onClose={onClose}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            {text('fullName')}
            {text('email', { type: 'email' })}
            {choice('designation', offered?.designations ?? [])}
            {choice('department', offered?.departments ?? [])}
            {text('contactNumber', { type: 'tel' })}
            {text('facultyId', isNew ? { description: 'Left empty, the next one is given.' } : {})}
          </SimpleGrid>
          {isNew && (
            <SimpleGrid cols={{ base: 1, xs: 2 }}>
              {text('username', { description: 'Left empty, it is the email address.' })}
              {text('password', { description: 'They are asked to choose one of their own.' })}
            </SimpleGrid>
          )}
          <Switch label={labels.isActive} size="md" checked={draft.isActive === 'true'} onChange={(event) => change({ isActive: String(event.currentTarget.checked) })} />
          <TeachesFields draft={draft} problems={problems} courses={courses} onChange={change} />
          <Fold className={classes.more} title="Qualification and experience" hasProblem={[...long, 'dateOfJoining'].some((field) => problems[field] !== undefined)}>
            <Stack gap="md" mt="sm">
              {long.map((field) => <Textarea key={field} name={field} label={labels[field]} value={draft[field]} autosize minRows={1} maxLength={500} onChange={(event) => change({ [field]: event.currentTarget.value })} error={problems[field]} />)}
              {text('dateOfJoining', { type: 'date' })}
            </Stack>
          </Fold>
        </Stack>
        <FormFoot merging={merging} label={(field) => labelOf(field, codes)} inWords={inWords} error={saving.error} isSaving={saving.isPending} confirm={isNew ? 'Add' : 'Save'} onClose={onClose} />
      </form>
    </SideDrawer>
  );
}
