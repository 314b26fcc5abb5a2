import { SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { FormFoot } from '../../kit/form-foot.tsx';
import { asProblem } from '../../kit/problem.ts';
import { toFirstProblem } from '../../kit/refused.tsx';
import { SideDrawer } from '../../kit/side-drawer.tsx';
import { showToast } from '../../kit/toasts.tsx';
import { useMergedDraft } from '../../kit/use-merged-draft.ts';
import type { Course } from '../../kit/wire.ts';
import { addCourse, changeCourse, coursesQuery, oneCourse } from './courses.ts';
import { FeesFields, SubjectsOf } from './curriculum-fields.tsx';
import { curriculumChanges, curriculumInWords, curriculumLabel, curriculumOf, curriculumProblems, isCurriculum, semesters, type CurriculumField } from './curriculum.ts';
import { blank, changes, draftOf, labels, problemsOf, type Field } from './draft.ts';

/** Adds or changes a course. Undefined to add one. */
export default function CourseForm({ course, onClose }: { course: Course | undefined; onClose: () => void }) {
  const queries = useQueryClient();
  const merging = useMergedDraft<Field | CurriculumField>(() => ({ ...(course === undefined ? blank : draftOf(course)), ...curriculumOf(course) }), course?.version);
  const { base, version, draft, setDraft, final, settle } = merging;
  const [tried, setTried] = useState(false);
  const saving = useMutation({
    mutationFn: () => {
      const form = { ...changes(final, base), ...curriculumChanges(final, base) };
      return course === undefined ? addCourse(form) : changeCourse(queries, course._id, { ...form, version });
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: coursesQuery.queryKey });
      showToast({ key: 'courses:saved', title: `Saved: ${draft.courseName}` });
      onClose();
    },
    onError: async (error) => {
      if (course === undefined || asProblem(error).status !== 409) return;
      const current = await oneCourse(course._id);
      settle({ ...draftOf(current), ...curriculumOf(current) }, current.version);
    },
  });
  const refused = saving.error === null ? null : asProblem(saving.error);
  const found = { ...problemsOf(draft), ...curriculumProblems(draft) };
  const problems: Record<string, string> = { ...(refused?.fields ?? {}), ...(tried ? found : {}) };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(found).length === 0) saving.mutate();
    else toFirstProblem(event.currentTarget);
  };
  // How many semesters it has decides which are offered; one that has subjects already is shown in any case.
  const count = Math.max(Number(draft.semesters.trim() === '' ? (course?.semesters ?? 2) : draft.semesters), 1);
  const shown = semesters.filter((semester) => semester <= count || draft[`subjects:${semester}`] !== '');
  const set = (field: Field | CurriculumField, value: string) => setDraft((before) => ({ ...before, [field]: value }));
  const text = (field: Field, description?: string) => <TextInput label={labels[field]} description={description} value={draft[field]} onChange={(event) => set(field, event.currentTarget.value)} error={problems[field]} autoComplete="off" />;
  const long = (field: Field, description?: string) => <Textarea label={labels[field]} description={description} value={draft[field]} autosize minRows={2} onChange={(event) => set(field, event.currentTarget.value)} error={problems[field]} />;
  return (
    <SideDrawer title={course === undefined ? 'Add a course' : `Change ${course.courseCode}`} width={640} isBusy={saving.isPending} onClose={onClose}>
      <form onSubmit={submit} noValidate>
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
          {shown.map((semester) => <SubjectsOf key={semester} semester={semester} draft={draft} problems={problems} onChange={set} />)}
          <FeesFields draft={draft} problems={problems} onChange={set} />
        </Stack>
        <FormFoot
          merging={merging}
          label={(field) => (isCurriculum(field) ? curriculumLabel(field) : labels[field])}
          inWords={(field, value) => (isCurriculum(field) ? curriculumInWords(field, value) : value)}
          error={saving.error}
          isSaving={saving.isPending}
          confirm={course === undefined ? 'Add' : 'Save'}
          onClose={onClose}
        />
      </form>
    </SideDrawer>
  );
}
