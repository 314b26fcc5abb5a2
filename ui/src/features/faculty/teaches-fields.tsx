import { Checkbox, Fieldset, Radio, Stack, TagsInput, Text } from '@mantine/core';
import type { Course } from '../../kit/wire.ts';
import { read, taughtField, write, type Draft, type Problems } from './draft.ts';
import classes from './faculty.module.css';

interface TeachesFieldsProps {
  draft: Draft;
  problems: Problems;
  courses: readonly Course[];
  onChange: (change: Partial<Draft>) => void;
}

/** What somebody teaches: for each course all of its subjects, or those that are named. */
export function TeachesFields({ draft, problems, courses, onChange }: TeachesFieldsProps) {
  const shown = courses.filter(({ _id, isActive }) => isActive || read(draft[taughtField(_id)]) !== 'none');
  return (
    <Fieldset legend="Teaches" className={classes.teaches}>
      <Text size="sm" c="dimmed" mb="xs">They call the roll and enter marks in these subjects, and see how the whole course stands.</Text>
      {shown.length === 0 && <Text size="sm">There is no course yet.</Text>}
      {shown.map((course) => <OneCourse key={course._id} course={course} text={draft[taughtField(course._id)]} problem={problems[taughtField(course._id)]} onChange={(text) => onChange({ [taughtField(course._id)]: text })} />)}
    </Fieldset>
  );
}

function OneCourse({ course, text, problem, onChange }: { course: Course; text: string | undefined; problem: string | undefined; onChange: (text: string) => void }) {
  const subjects = read(text);
  const isSome = subjects !== 'none' && subjects !== 'all';
  // A subject that goes on over several semesters is offered once.
  const seen = new Set<string>();
  const bySemester = new Map<string, string[]>();
  for (const { semester, subjectName } of course.subjects) {
    if (seen.has(subjectName.toLowerCase())) continue;
    seen.add(subjectName.toLowerCase());
    const group = `Semester ${semester}`;
    bySemester.set(group, [...(bySemester.get(group) ?? []), subjectName]);
  }
  return (
    <div className={classes.course}>
      <Checkbox label={`${course.courseCode}: ${course.courseName}`} checked={subjects !== 'none'} onChange={(event) => onChange(write(event.currentTarget.checked ? 'all' : 'none'))} />
      {subjects !== 'none' && (
        <Stack gap="xs" className={classes.which}>
          <Radio.Group aria-label={`Which subjects of ${course.courseCode}`} value={isSome ? 'some' : 'all'} onChange={(which) => onChange(write(which === 'all' ? 'all' : []))}>
            <div className={classes.choice}>
              <Radio value="all" label="All subjects" />
              <Radio value="some" label="Only some" />
            </div>
          </Radio.Group>
          {isSome && (
            <TagsInput
              label={`Subjects of ${course.courseCode}`}
              description={course.subjects.length === 0 ? 'Write one and press Enter. The course names no subjects yet.' : 'Choose one, or write one and press Enter.'}
              size="md"
              data={[...bySemester].map(([group, items]) => ({ group, items }))}
              value={[...subjects]}
              onChange={(chosen) => onChange(write(chosen))}
              error={problem}
              maxTags={100}
              clearable={false}
              acceptValueOnBlur
              comboboxProps={{ withinPortal: true }}
            />
          )}
        </Stack>
      )}
    </div>
  );
}
