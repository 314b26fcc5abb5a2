import { Button, Drawer, Group, SimpleGrid, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState, type SubmitEvent } from 'react';
import { Conflict } from '../../kit/conflict.tsx';
import drawer from '../../kit/drawer.module.css';
import { asProblem } from '../../kit/problem.ts';
import { useReturnFocus } from '../../kit/return-focus.ts';
import { Trouble } from '../../kit/states.tsx';
import { showToast } from '../../kit/toasts.tsx';
import { useMergedDraft } from '../../kit/use-merged-draft.ts';
import type { Course } from '../../kit/wire.ts';
import { addCourse, changeCourse, coursesQuery, oneCourse } from './courses.ts';
import { blank, changes, draftOf, labels, problemsOf, type Field, type Problems } from './draft.ts';

/** Adds or changes a course. Undefined to add one. */
export default function CourseForm({ course, onClose }: { course: Course | undefined; onClose: () => void }) {
  useReturnFocus();
  const queries = useQueryClient();
  const { base, version, draft, setDraft, final, clash, chosen, choose, settle } = useMergedDraft<Field>(() => (course === undefined ? blank : draftOf(course)), course?.version);
  const [tried, setTried] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const saving = useMutation({
    mutationFn: () => {
      const form = changes(final, base);
      return course === undefined ? addCourse(form) : changeCourse(course._id, { ...form, version });
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: coursesQuery.queryKey });
      showToast({ key: 'courses:saved', title: `Saved: ${draft.courseName}` });
      onClose();
    },
    onError: async (error) => {
      if (course === undefined || asProblem(error).status !== 409) return;
      const current = await oneCourse(course._id);
      settle(draftOf(current), current.version);
    },
  });
  const refused = saving.error === null ? null : asProblem(saving.error);
  const found = problemsOf(draft);
  const problems: Problems = { ...(refused?.fields ?? {}), ...(tried ? found : {}) };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(found).length === 0) saving.mutate();
    else requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  const set = (field: Field, value: string) => setDraft({ ...draft, [field]: value });
  const text = (field: Field, description?: string) => <TextInput label={labels[field]} description={description} value={draft[field]} onChange={(event) => set(field, event.currentTarget.value)} error={problems[field]} autoComplete="off" />;
  const long = (field: Field, description?: string) => <Textarea label={labels[field]} description={description} value={draft[field]} autosize minRows={2} onChange={(event) => set(field, event.currentTarget.value)} error={problems[field]} />;
  return (
    <Drawer opened onClose={onClose} position="right" size="clamp(320px, 100vw, 560px)" title={course === undefined ? 'Add a course' : `Change ${course.courseCode}`} closeOnClickOutside={false} closeButtonProps={{ 'aria-label': 'Close', size: 'lg' }}>
      <form ref={form} onSubmit={submit} noValidate>
        <Stack gap="md">
          <SimpleGrid cols={{ base: 1, xs: 2 }}>
            {text('courseCode')}
            {text('courseName')}
            {text('duration')}
            {text('semesters')}
            {text('seatsAvailable')}
          </SimpleGrid>
          {long('description')}
          {long('eligibility', 'A line for each')}
          {long('careerOpportunities', 'A line for each')}
        </Stack>
        <div className={drawer.foot}>
          {clash !== null && (
            <Conflict
              taken={clash.taken.map((field) => `${labels[field]} (${clash.theirs[field]})`)}
              both={clash.both.map((field) => ({ field, label: labels[field], mine: draft[field], theirs: clash.theirs[field] }))}
              theirs={chosen}
              onChoose={choose}
            />
          )}
          {refused !== null && refused.status !== 409 && Object.keys(refused.fields).length === 0 && <Trouble title="It was not saved"><Text size="sm">{refused.message}</Text></Trouble>}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>Cancel</Button>
            <Button type="submit" loading={saving.isPending}>{course === undefined ? 'Add' : 'Save'}</Button>
          </Group>
        </div>
      </form>
    </Drawer>
  );
}
