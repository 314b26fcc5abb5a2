import { Button, Drawer, Group, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState, type SubmitEvent } from 'react';
import { dayIn, now } from '../../kit/clock.ts';
import { Conflict } from '../../kit/conflict.tsx';
import drawer from '../../kit/drawer.module.css';
import { useTimezone } from '../../kit/institute.ts';
import { asProblem } from '../../kit/problem.ts';
import { useReturnFocus } from '../../kit/return-focus.ts';
import { Trouble } from '../../kit/states.tsx';
import { showToast } from '../../kit/toasts.tsx';
import { useMergedDraft } from '../../kit/use-merged-draft.ts';
import type { StudentAdded, StudentRow } from '../../kit/wire.ts';
import { coursesQuery } from '../courses/courses.ts';
import { blank, changes, draftOf, inWords, labels, problemsOf, type Draft, type Field, type Problems } from './draft.ts';
import { StudentFields } from './student-fields.tsx';
import { addStudent, changeStudent, refreshStudents } from './students.ts';

interface StudentFormProps {
  /** Undefined to add one. */
  student: StudentRow | undefined;
  onAdded: (added: StudentAdded) => void;
  onClose: () => void;
}

/** Adds or changes a student. What was typed is this form's alone: the list may be renewed behind it. */
export default function StudentForm({ student, onAdded, onClose }: StudentFormProps) {
  useReturnFocus();
  const queries = useQueryClient();
  const timezone = useTimezone();
  const courses = useQuery(coursesQuery).data ?? [];
  const codes = new Map(courses.map(({ _id, courseCode }) => [_id, courseCode]));
  const { base, version, draft, setDraft, final, clash, chosen, choose, settle } = useMergedDraft<Field>(() => (student === undefined ? blank(Number(dayIn(timezone, now()).slice(0, 4))) : draftOf(student)), student?.version);
  const [tried, setTried] = useState(false);
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const form = useRef<HTMLFormElement>(null);

  const saving = useMutation({
    mutationFn: async () => {
      if (student === undefined) return { added: await addStudent(changes(final, { ...base, semester: '', admissionYear: '', academicStatus: '', isActive: 'true' })) };
      await changeStudent(queries, student._id, { ...changes(final, base), version });
      return {};
    },
    onSuccess: ({ added }) => {
      void refreshStudents(queries);
      if (added !== undefined) onAdded(added);
      else showToast({ key: 'students:saved', title: `Saved: ${draft.firstName} ${draft.lastName}` });
      onClose();
    },
    onError: (error) => {
      const problem = asProblem(error);
      if (problem.code === 'students.changed_meanwhile' && problem.more.current !== undefined) {
        const current = problem.more.current as StudentRow;
        settle(draftOf(current), current.version);
      } else requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
    },
  });
  const refused = saving.error === null ? null : asProblem(saving.error);
  const found = problemsOf(draft, student === undefined);
  const beside = Object.fromEntries(Object.entries(refused?.fields ?? {}).filter(([field]) => !touched.has(field)));
  const problems: Problems = { ...beside, ...(tried ? found : {}) };
  const change = (to: Partial<Draft>) => {
    setTouched((before) => new Set([...before, ...Object.keys(to)]));
    setDraft((before) => ({ ...before, ...to }));
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    setTouched(new Set());
    if (Object.keys(found).length === 0) saving.mutate();
    else requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  const words = (field: Field, from: Draft) => inWords(field, from[field], codes);
  const isClash = refused?.code === 'students.changed_meanwhile';

  return (
    <Drawer opened onClose={onClose} position="right" size="clamp(320px, 100vw, 620px)" title={student === undefined ? 'Add a student' : `Change ${student.fullName}`} closeOnClickOutside={false} closeButtonProps={{ 'aria-label': 'Close', size: 'lg' }}>
      <form ref={form} onSubmit={submit} noValidate>
        <StudentFields draft={draft} problems={problems} courses={courses} isNew={student === undefined} onChange={change} />
        <div className={drawer.foot}>
          {clash !== null && (
            <Conflict
              taken={clash.taken.map((field) => `${labels[field]} (${words(field, clash.theirs)})`)}
              both={clash.both.map((field) => ({ field, label: labels[field], mine: words(field, draft), theirs: words(field, clash.theirs) }))}
              theirs={chosen}
              onChoose={choose}
            />
          )}
          {refused !== null && !isClash && Object.keys(beside).length === 0 && Object.keys(refused.fields).length === 0 && <Trouble title="It was not saved"><Text size="sm">{refused.message}</Text></Trouble>}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={saving.isPending}>{student === undefined ? 'Add' : 'Save'}</Button>
          </Group>
        </div>
      </form>
    </Drawer>
  );
}
