import { Button, Group } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { dayIn, now } from '../../kit/clock.ts';
import { Conflict } from '../../kit/conflict.tsx';
import drawer from '../../kit/drawer.module.css';
import { useTimezone } from '../../kit/institute.ts';
import { asProblem } from '../../kit/problem.ts';
import { Refused, toFirstProblem } from '../../kit/refused.tsx';
import { SideDrawer } from '../../kit/side-drawer.tsx';
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
  const queries = useQueryClient();
  const timezone = useTimezone();
  const courses = useQuery(coursesQuery).data ?? [];
  const codes = new Map(courses.map(({ _id, courseCode }) => [_id, courseCode]));
  const { base, version, draft, setDraft, final, clash, chosen, choose, settle } = useMergedDraft<Field>(() => (student === undefined ? blank(Number(dayIn(timezone, now()).slice(0, 4))) : draftOf(student)), student?.version);
  const [tried, setTried] = useState(false);
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());

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
      }
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
    else toFirstProblem(event.currentTarget);
  };
  const words = (field: Field, from: Draft) => inWords(field, from[field], codes);
  const isClash = clash !== null && refused?.code === 'students.changed_meanwhile';

  return (
    <SideDrawer title={student === undefined ? 'Add a student' : `Change ${student.fullName}`} width={620} isBusy={saving.isPending} onClose={onClose}>
      <form onSubmit={submit} noValidate>
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
          <Refused error={isClash ? null : saving.error} title="It was not saved" />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose} disabled={saving.isPending}>Cancel</Button>
            <Button type="submit" loading={saving.isPending}>{student === undefined ? 'Add' : 'Save'}</Button>
          </Group>
        </div>
      </form>
    </SideDrawer>
  );
}
