import { Button, Checkbox, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { dayIn, now } from '../../kit/clock.ts';
import { Dialog } from '../../kit/dialog.tsx';
import { useTimezone } from '../../kit/institute.ts';
import { asProblem } from '../../kit/problem.ts';
import { Trouble } from '../../kit/states.tsx';
import { showToast } from '../../kit/toasts.tsx';
import type { Regulation } from '../../kit/wire.ts';
import { regulationsQuery, setRegulation } from './queries.ts';
import { percentage } from './words.ts';

/** Sets a regulation from a date on. What held before stays in the history, and for the days before. */
export default function SetDialog({ regulation, onClose }: { regulation: Regulation; onClose: () => void }) {
  const queries = useQueryClient();
  const timezone = useTimezone();
  const [course, setCourse] = useState('');
  const held = regulation.today.find((holding) => (holding.course ?? '') === course);
  const [value, setValue] = useState<string | null>(null);
  const [isWithout, setWithout] = useState<boolean | null>(null);
  const [validFrom, setValidFrom] = useState(dayIn(timezone, now()));
  const [missing, setMissing] = useState<string | null>(null);
  const text = value ?? (held?.value == null ? '' : String(held.value));
  const without = regulation.mayBeAbsent && (isWithout ?? held?.value == null);
  const setting = useMutation({
    mutationFn: () => setRegulation({ key: regulation.key, course: course === '' ? null : course, value: without ? null : percentage(text), validFrom }),
    onSuccess: (all) => {
      queries.setQueryData(regulationsQuery.queryKey, all);
      showToast({ key: 'regulations:set', title: `Set: ${regulation.title}` });
      onClose();
    },
  });
  const refused = setting.error === null ? null : asProblem(setting.error);
  const inValue = missing ?? refused?.fields.value;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const isMissing = !without && percentage(text) === null;
    setMissing(isMissing ? 'Write a whole number from 0 to 100.' : null);
    if (!isMissing) setting.mutate();
  };
  return (
    <Dialog title={regulation.title} isBusy={setting.isPending} onClose={onClose}>
      <form onSubmit={submit} noValidate>
        <Stack>
          <NativeSelect
            label="Holds for"
            value={course}
            data={regulation.today.map((holding) => ({ value: holding.course ?? '', label: holding.courseCode ?? 'All courses without a rule of their own' }))}
            onChange={(event) => {
              setCourse(event.currentTarget.value);
              setValue(null);
              setWithout(null);
            }}
            error={refused?.fields.course}
          />
          {regulation.mayBeAbsent && <Checkbox label="No limit" checked={without} onChange={(event) => setWithout(event.currentTarget.checked)} />}
          <TextInput
            label="Percent"
            inputMode="numeric"
            value={without ? '' : text}
            disabled={without}
            onChange={(event) => {
              setValue(event.currentTarget.value);
              setMissing(null);
            }}
            error={inValue}
            data-autofocus
          />
          <TextInput label="From this day on" description="It may be past: then what was computed since then is computed again." type="date" value={validFrom} onChange={(event) => setValidFrom(event.currentTarget.value)} error={refused?.fields.validFrom} />
          {refused !== null && Object.keys(refused.fields).length === 0 && <Trouble title="It was not set"><Text size="sm">{refused.message}</Text></Trouble>}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose} disabled={setting.isPending}>Cancel</Button>
            <Button type="submit" loading={setting.isPending}>Set</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
