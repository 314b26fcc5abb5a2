import { NativeSelect, SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core';
import { dayIn, now } from '../../kit/clock.ts';
import { useInstitute, useTimezone } from '../../kit/institute.ts';
import type { Role } from '../../kit/wire.ts';
import { recentYears, type WireAudience } from './audience.ts';
import { AudiencePicker } from './audience-picker.tsx';
import type { Draft, DraftProblems } from './draft.ts';
import classes from './material-fields.module.css';

interface MaterialFieldsProps {
  role: Role;
  draft: Draft;
  problems: DraftProblems;
  before: (WireAudience & { text: string }) | null;
  onChange: (change: Partial<Draft>) => void;
}

export function MaterialFields({ role, draft, problems, before, onChange }: MaterialFieldsProps) {
  const institute = useInstitute();
  const timezone = useTimezone();
  const today = dayIn(timezone, now());
  const years = recentYears(Number(today.slice(0, 4)) + 1).map(String);
  const categories = institute?.categories ?? [];
  const known = (list: string[], value: string) => (value === '' || list.includes(value) ? list : [value, ...list]);
  return (
    <Stack gap="md">
      <TextInput name="title" label="Title" value={draft.title} onChange={(event) => onChange({ title: event.currentTarget.value })} error={problems.title} maxLength={200} />
      <NativeSelect
        name="category"
        label="What kind of material is it?"
        value={draft.category}
        data={[{ value: '', label: 'Choose…' }, ...known(categories, draft.category)]}
        onChange={(event) => onChange({ category: event.currentTarget.value })}
        error={problems.category}
      />
      <AudiencePicker
        role={role}
        picked={draft.audience}
        before={before}
        error={problems.audience ?? problems.targetAudience ?? problems.specificTargets}
        onChange={(audience) => onChange({ audience })}
      />
      <TextInput
        name="expiryDate"
        type="date"
        label="Last day (if it should disappear)"
        description="It leaves the students’ pages at the end of this day."
        min={today}
        value={draft.expiryDate}
        onChange={(event) => onChange({ expiryDate: event.currentTarget.value })}
        error={problems.expiryDate}
      />
      <Textarea
        name="description"
        label="A word to the reader (optional)"
        autosize
        minRows={2}
        maxRows={6}
        value={draft.description}
        onChange={(event) => onChange({ description: event.currentTarget.value })}
        error={problems.description}
      />
      <details className={classes.more} open={problems.subject !== undefined || problems.semester !== undefined || problems.academicYear !== undefined || problems.tags !== undefined || undefined}>
        <summary>Subject, semester, year and search words</summary>
        <SimpleGrid cols={{ base: 1, xs: 2 }} mt="sm">
          <TextInput name="subject" label="Subject" value={draft.subject} onChange={(event) => onChange({ subject: event.currentTarget.value })} error={problems.subject} />
          <NativeSelect
            name="semester"
            label="About semester"
            value={draft.semester}
            data={[{ value: '', label: 'Not said' }, ...known(['1', '2', '3', '4', '5', '6', '7', '8'], draft.semester)]}
            onChange={(event) => onChange({ semester: event.currentTarget.value })}
            error={problems.semester}
          />
          <NativeSelect
            name="academicYear"
            label="Academic year"
            value={draft.academicYear}
            data={[{ value: '', label: 'Not said' }, ...known(years, draft.academicYear)]}
            onChange={(event) => onChange({ academicYear: event.currentTarget.value })}
            error={problems.academicYear}
          />
          <TextInput name="tags" label="Search words" description="With commas between them" value={draft.tags} onChange={(event) => onChange({ tags: event.currentTarget.value })} error={problems.tags} />
        </SimpleGrid>
      </details>
    </Stack>
  );
}
