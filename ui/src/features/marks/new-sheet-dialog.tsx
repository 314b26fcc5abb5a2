import { Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { dayIn, now } from '../../kit/clock.ts';
import { Dialog } from '../../kit/dialog.tsx';
import { useTimezone } from '../../kit/institute.ts';
import { asProblem } from '../../kit/problem.ts';
import { Trouble } from '../../kit/states.tsx';
import type { Course } from '../../kit/wire.ts';
import { MaximaFields, numbersOf, type Maxima } from './maxima-fields.tsx';
import { makeSheet } from './queries.ts';

interface Props {
  courses: Course[];
  onClose: () => void;
  onMade: (id: string) => void;
}

export default function NewSheetDialog({ courses, onClose, onMade }: Props) {
  const timezone = useTimezone();
  const [sheet, setSheet] = useState({ course: courses[0]?._id ?? '', semester: '1', subject: '', examType: 'Internal', examLabel: '', examDate: dayIn(timezone, now()) });
  const [maxima, setMaxima] = useState<Maxima>({ theory: '75', practical: '25', viva: '0', assignment: '0' });
  const making = useMutation({
    mutationFn: () => makeSheet({ ...sheet, semester: Number(sheet.semester), maxima: numbersOf(maxima) }),
    onSuccess: ({ _id }) => onMade(_id),
  });
  const problem = making.error === null ? null : asProblem(making.error);
  const set = (change: Partial<typeof sheet>) => setSheet((before) => ({ ...before, ...change }));
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    making.mutate();
  };
  return (
    <Dialog title="New sheet of marks" isBusy={making.isPending} onClose={onClose}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <NativeSelect label="Course" value={sheet.course} data={courses.map(({ _id, courseName }) => ({ value: _id, label: courseName }))} onChange={(event) => set({ course: event.currentTarget.value })} error={problem?.fields.course} />
          <NativeSelect label="Semester" value={sheet.semester} data={[1, 2, 3, 4, 5, 6, 7, 8].map(String)} onChange={(event) => set({ semester: event.currentTarget.value })} error={problem?.fields.semester} />
          <TextInput label="Subject" required value={sheet.subject} onChange={(event) => set({ subject: event.currentTarget.value })} error={problem?.fields.subject} data-autofocus maxLength={100} />
          <NativeSelect label="Kind of exam" value={sheet.examType} data={['Internal', 'External', 'Practical', 'Assignment', 'Project', 'Terminal']} onChange={(event) => set({ examType: event.currentTarget.value })} error={problem?.fields.examType} />
          <TextInput label="Name of the exam" description="Only when there are several of one kind, such as Internal 2." value={sheet.examLabel} onChange={(event) => set({ examLabel: event.currentTarget.value })} error={problem?.fields.examLabel} maxLength={100} />
          <TextInput label="Date of the exam" type="date" required value={sheet.examDate} onChange={(event) => set({ examDate: event.currentTarget.value })} error={problem?.fields.examDate} />
          <MaximaFields maxima={maxima} problems={problem?.fields ?? {}} onChange={setMaxima} />
          {problem !== null && Object.keys(problem.fields).length === 0 && <Trouble title="The sheet was not made"><Text size="sm">{problem.message}</Text></Trouble>}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose} disabled={making.isPending}>Cancel</Button>
            <Button type="submit" loading={making.isPending}>Make the sheet</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
