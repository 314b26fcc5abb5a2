import { Checkbox, Chip, Group, NativeSelect, Skeleton, Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconAlertTriangle, IconUsers } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { dayIn, now } from '../../kit/clock.ts';
import { sentence } from '../../kit/format.ts';
import { useTimezone } from '../../kit/institute.ts';
import { asProblem } from '../../kit/problem.ts';
import type { Role } from '../../kit/wire.ts';
import { coursesQuery } from '../courses/courses.ts';
import { StudentPicker } from '../students/student-picker.tsx';
import { canAddFaculty, choicesFor, missing, needsCourses, needsSemesters, question, recentYears, semestersOf, toWire, type Choice, type Picked, type WireAudience } from './audience.ts';
import classes from './audience-picker.module.css';
import { audienceReach } from './queries.ts';

interface AudiencePickerProps {
  role: Role;
  picked: Picked;
  /** The audience before editing, with its words. */
  before: (WireAudience & { text: string }) | null;
  error: string | undefined;
  onChange: (picked: Picked) => void;
}

export function AudiencePicker({ role, picked, before, error, onChange }: AudiencePickerProps) {
  const courses = useQuery({ ...coursesQuery, enabled: needsCourses(picked.choice) || needsSemesters(picked.choice) });
  const timezone = useTimezone();
  const mine = (courses.data ?? []).filter((course) => role === 'admin' || course.teaches || picked.courses.includes(course._id));
  const options: { value: Choice; label: string }[] = choicesFor(role).map(([value, label]) => ({ value: value, label }));
  if (before !== null && !options.some(({ value }) => value === picked.choice)) options.unshift({ value: picked.choice, label: `As it is now: ${before.text}` });
  const thisYear = Number(dayIn(timezone, now()).slice(0, 4));

  return (
    <Stack gap="sm">
      <NativeSelect
        label="Who is it for?"
        value={picked.choice}
        data={options}
        onChange={(event) => onChange({ ...picked, choice: event.currentTarget.value as Choice, alsoFaculty: false })}
      />
      {needsCourses(picked.choice) && (
        <Group gap="xs" role="group" aria-label="Courses" className={classes.chips}>
          {courses.isPending && <Skeleton height={38} width={200} radius="xl" />}
          {courses.isError && <Text size="sm" role="alert" c="var(--mantine-color-error)">{asProblem(courses.error).message}</Text>}
          {courses.isSuccess && mine.length === 0 && <Text size="sm" c="dimmed">No course is assigned to you yet. Please ask the office.</Text>}
          <Chip.Group multiple value={picked.courses} onChange={(ids) => onChange({ ...picked, courses: ids })}>
            {mine.map((course) => <Chip key={course._id} value={course._id} title={course.courseName}>{course.courseCode}</Chip>)}
          </Chip.Group>
        </Group>
      )}
      {needsSemesters(picked.choice) && (
        <Group gap="xs" role="group" aria-label="Semesters" className={classes.chips}>
          <Chip.Group multiple value={picked.semesters.map(String)} onChange={(values) => onChange({ ...picked, semesters: values.map(Number).sort((a, b) => a - b) })}>
            {semestersOf(mine, picked).map((semester) => <Chip key={semester} value={String(semester)}>{`Semester ${semester}`}</Chip>)}
          </Chip.Group>
        </Group>
      )}
      {picked.choice === 'specific_year' && (
        <Group gap="xs" role="group" aria-label="Admission years" className={classes.chips}>
          <Chip.Group multiple value={picked.years.map(String)} onChange={(values) => onChange({ ...picked, years: values.map(Number).sort((a, b) => a - b) })}>
            {[...new Set([...recentYears(thisYear), ...picked.years])].map((year) => <Chip key={year} value={String(year)}>{year}</Chip>)}
          </Chip.Group>
        </Group>
      )}
      {picked.choice === 'specific_students' && <StudentPicker picked={picked.students} onChange={(students) => onChange({ ...picked, students })} />}
      {role === 'admin' && canAddFaculty(picked.choice) && (
        <Checkbox label="Faculty should see it too" checked={picked.alsoFaculty} onChange={(event) => onChange({ ...picked, alsoFaculty: event.currentTarget.checked })} />
      )}
      <Reach picked={picked} before={before} error={error} />
    </Stack>
  );
}

/** Who will hear of it, in words, while the person is still picking. */
function Reach({ picked, before, error }: Pick<AudiencePickerProps, 'picked' | 'before' | 'error'>) {
  const [settled] = useDebouncedValue(picked, 250);
  const isComplete = missing(picked) === null;
  const reach = useQuery({ ...audienceReach(question(toWire(settled, before))), enabled: isComplete && missing(settled) === null });
  const problem = error ?? (isComplete ? reach.data?.problem ?? undefined : undefined);
  let words = missing(picked) ?? 'Counting…';
  if (isComplete && reach.isError) words = `The number of people could not be found out. ${asProblem(reach.error).message}`;
  else if (isComplete && reach.data !== undefined && settled === picked) words = sentence(`${reach.data.text} will be told at once.`);
  return (
    <div className={classes.reach} data-problem={problem === undefined ? undefined : true} role="status">
      {problem === undefined ? <IconUsers size={20} aria-hidden="true" /> : <IconAlertTriangle size={20} aria-hidden="true" />}
      <span>{problem ?? words}</span>
    </div>
  );
}
