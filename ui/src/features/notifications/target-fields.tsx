import { Chip, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { dayIn, now } from '../../kit/clock.ts';
import { useTimezone } from '../../kit/institute.ts';
import type { NoticeTarget } from '../../kit/wire.ts';
import { coursesQuery } from '../courses/courses.ts';
import { StudentPicker } from '../students/student-picker.tsx';
import { roleWords, targets, type Draft } from './draft.ts';

interface TargetFieldsProps {
  draft: Draft;
  problem: string | undefined;
  onChange: (change: Partial<Draft>) => void;
}

/** Whom a notice is for. */
export function TargetFields({ draft, problem, onChange }: TargetFieldsProps) {
  const timezone = useTimezone();
  const courses = useQuery({ ...coursesQuery, enabled: draft.target === 'course' });
  const thisYear = Number(dayIn(timezone, now()).slice(0, 4));
  return (
    <Stack gap="sm">
      <NativeSelect
        label="Who is it for?"
        value={draft.target}
        data={targets.map(([value, label]) => ({ value, label }))}
        onChange={(event) => onChange({ target: event.currentTarget.value as NoticeTarget })}
      />
      {draft.target === 'role' && <Choices label="Roles" values={Object.entries(roleWords)} chosen={draft.roles} onChange={(roles) => onChange({ roles })} />}
      {draft.target === 'course' && <Choices label="Courses" values={(courses.data ?? []).map(({ _id, courseCode }) => [_id, courseCode])} chosen={draft.courses} onChange={(chosen) => onChange({ courses: chosen })} />}
      {draft.target === 'batch' && <Choices label="Years in which they began" values={Array.from({ length: 7 }, (_, ago) => [String(thisYear - ago), String(thisYear - ago)])} chosen={draft.years} onChange={(years) => onChange({ years })} />}
      {draft.target === 'individual' && <StudentPicker picked={draft.people} onChange={(people) => onChange({ people })} />}
      {problem !== undefined && <Text size="sm" role="alert" c="var(--mantine-color-error)">{problem}</Text>}
    </Stack>
  );
}

interface ChoicesProps {
  label: string;
  values: [value: string, words: string][];
  chosen: string[];
  onChange: (chosen: string[]) => void;
}

function Choices({ label, values, chosen, onChange }: ChoicesProps) {
  return (
    <Group gap="xs" role="group" aria-label={label} mih={38}>
      <Chip.Group multiple value={chosen} onChange={onChange}>
        {values.map(([value, words]) => <Chip key={value} value={value}>{words}</Chip>)}
      </Chip.Group>
    </Group>
  );
}
