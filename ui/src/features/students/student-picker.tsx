import { Checkbox, Pill, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { asProblem } from '../../kit/problem.ts';
import { SearchField } from '../../kit/search-field.tsx';
import type { StudentRow } from '../../kit/wire.ts';
import classes from './student-picker.module.css';
import { studentSearch } from './students.ts';

interface PickedStudent {
  _id: string;
  name: string;
}

interface StudentPickerProps {
  picked: PickedStudent[];
  onChange: (picked: PickedStudent[]) => void;
}

function describe({ studentId, courseEnrolled, semester }: StudentRow): string {
  return [studentId, courseEnrolled?.courseCode, `semester ${semester}`].filter(Boolean).join(' · ');
}

export function StudentPicker({ picked, onChange }: StudentPickerProps) {
  const [search, setSearch] = useState('');
  const found = useQuery({ ...studentSearch(search), enabled: search !== '' });
  const without = (id: string) => picked.filter(({ _id }) => _id !== id);
  return (
    <Stack gap="xs">
      {picked.length > 0 && (
        <Pill.Group aria-label="Picked students">
          {picked.map((student) => (
            <Pill key={student._id} size="lg" withRemoveButton removeButtonProps={{ 'aria-label': `Remove ${student.name}`, tabIndex: 0, 'aria-hidden': false }} onRemove={() => onChange(without(student._id))}>
              {student.name}
            </Pill>
          ))}
        </Pill.Group>
      )}
      <SearchField label="Find a student" placeholder="Name or student ID" value={search} onSearch={setSearch} />
      {search !== '' && (
        <div className={classes.found} role="group" aria-label="Students found">
          {found.isPending && <Text size="sm" c="dimmed" p="xs">Searching…</Text>}
          {found.isError && <Text size="sm" role="alert" p="xs" c="var(--mantine-color-error)">{asProblem(found.error).message}</Text>}
          {found.data?.students.length === 0 && <Text size="sm" c="dimmed" p="xs">No student has this name or number.</Text>}
          {found.data?.students.map((student) => (
            <Checkbox
              key={student._id}
              className={classes.student}
              label={student.fullName}
              description={describe(student)}
              checked={picked.some(({ _id }) => _id === student._id)}
              onChange={(event) => onChange(event.currentTarget.checked ? [...without(student._id), { _id: student._id, name: student.fullName }] : without(student._id))}
            />
          ))}
        </div>
      )}
    </Stack>
  );
}
