import { NativeSelect, SimpleGrid, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import { Fold } from '../../kit/fold.tsx';
import type { Course } from '../../kit/wire.ts';
import { genders, labels, statuses, type Draft, type Field, type Problems } from './draft.ts';
import classes from './students.module.css';

interface StudentFieldsProps {
  draft: Draft;
  problems: Problems;
  courses: Course[];
  isNew: boolean;
  onChange: (change: Partial<Draft>) => void;
}

const family: Field[] = ['contactNumber', 'alternateContact', 'fatherName', 'fatherMobile', 'motherName', 'motherMobile'];
const long: Field[] = ['address', 'guardianDetails', 'notes'];

export function StudentFields({ draft, problems, courses, isNew, onChange }: StudentFieldsProps) {
  const text = (field: Field, more: { type?: string; inputMode?: 'numeric' | 'tel' | 'email' } = {}) => (
    <TextInput key={field} name={field} label={labels[field]} value={draft[field]} onChange={(event) => onChange({ [field]: event.currentTarget.value })} error={problems[field]} autoComplete="off" {...more} />
  );
  const choice = (field: Field, data: (string | { value: string; label: string })[]) => (
    <NativeSelect key={field} name={field} label={labels[field]} value={draft[field]} data={data} onChange={(event) => onChange({ [field]: event.currentTarget.value })} error={problems[field]} />
  );
  const offered = courses.filter((course) => course.isActive || course._id === draft.courseEnrolled);
  const semesters = Array.from({ length: courses.find(({ _id }) => _id === draft.courseEnrolled)?.semesters ?? 8 }, (_, index) => String(index + 1));
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        {text('firstName')}
        {text('lastName')}
        {text('personalEmail', { type: 'email', inputMode: 'email' })}
        {text('mobileNumber', { type: 'tel', inputMode: 'tel' })}
        {choice('courseEnrolled', [{ value: '', label: 'Choose' }, ...offered.map(({ _id, courseCode, courseName }) => ({ value: _id, label: `${courseCode}: ${courseName}` }))])}
        {choice('semester', [...new Set([...semesters, draft.semester])])}
        {text('admissionYear', { inputMode: 'numeric' })}
        {choice('academicStatus', statuses)}
        {choice('gender', [{ value: '', label: 'Not said' }, ...genders])}
        {text('dateOfBirth', { type: 'date' })}
      </SimpleGrid>
      {!isNew && <Switch label="May sign in" size="md" checked={draft.isActive === 'true'} onChange={(event) => onChange({ isActive: String(event.currentTarget.checked) })} />}
      <Fold className={classes.more} title="Family, address and notes" hasProblem={[...family, ...long].some((field) => problems[field] !== undefined)}>
        <SimpleGrid cols={{ base: 1, xs: 2 }} mt="sm">{family.map((field) => text(field))}</SimpleGrid>
        <Stack mt="md" gap="md">
          {long.map((field) => <Textarea key={field} name={field} label={labels[field]} value={draft[field]} autosize minRows={2} maxLength={1000} onChange={(event) => onChange({ [field]: event.currentTarget.value })} error={problems[field]} />)}
        </Stack>
      </Fold>
    </Stack>
  );
}
