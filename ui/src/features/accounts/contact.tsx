import { Button, SimpleGrid, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { Conflict } from '../../kit/conflict.tsx';
import { calendarDay } from '../../kit/format.ts';
import { ListSkeleton } from '../../kit/list-states.tsx';
import { asProblem } from '../../kit/problem.ts';
import { Refused } from '../../kit/refused.tsx';
import { Failed, Waiting } from '../../kit/states.tsx';
import { showToast } from '../../kit/toasts.tsx';
import { useMergedDraft } from '../../kit/use-merged-draft.ts';
import type { OwnProfile } from '../../kit/wire.ts';
import { useLivePolling } from '../../realtime/live.tsx';
import classes from './account.module.css';
import { changes, draftOf, labels, type Field } from './contact-draft.ts';
import { changeContact, profileQuery } from './me.ts';

/** How the institute reaches a student: what they change themselves, and what it has on record. */
export function Contact() {
  const query = useQuery({ ...profileQuery, refetchInterval: useLivePolling() });
  const { data } = query;
  return (
    <section className={classes.card} aria-labelledby="account-contact">
      <Title order={2} size="h4" id="account-contact">How you are reached</Title>
      {data === undefined && query.isPending && (query.fetchStatus === 'paused' ? <Waiting /> : <ListSkeleton rows={1} />)}
      {data === undefined && query.isError && <Failed error={query.error} retry={() => void query.refetch()} retrying={query.isFetching} />}
      {data !== undefined && (
        <>
          <ContactForm profile={data} />
          <Title order={3} size="h5">On record at the office</Title>
          <Recorded profile={data} />
          <Text size="sm" c="dimmed">Is something of this wrong? Please tell the office, which changes it.</Text>
        </>
      )}
    </section>
  );
}

function Recorded({ profile }: { profile: OwnProfile }) {
  const day = (date: string | null | undefined) => (date == null ? '' : calendarDay(date));
  const lines: [string, string][] = [
    ['Mobile number', profile.mobileNumber],
    ['Own email', profile.personalEmail],
    ['Date of birth', day(profile.dateOfBirth)],
    ['Admitted', day(profile.admissionDate)],
    ['Father', [profile.fatherName, profile.fatherMobile].filter(Boolean).join(', ')],
    ['Mother', [profile.motherName, profile.motherMobile].filter(Boolean).join(', ')],
  ];
  return (
    <dl className={classes.lines}>
      {lines.map(([label, value]) => value !== '' && (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function ContactForm({ profile }: { profile: OwnProfile }) {
  const queries = useQueryClient();
  const { base, version, draft, setDraft, final, clash, chosen, choose, settle, restart } = useMergedDraft<Field>(() => draftOf(profile), profile.version);
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const toSend = changes(final, base);
  const isChanged = Object.keys(toSend).length > 0;
  // The office changed it while nothing was typed here.
  if (!isChanged && clash === null && version !== profile.version) restart(draftOf(profile), profile.version);
  const saving = useMutation({
    mutationFn: () => changeContact({ ...toSend, version: version ?? null }),
    onSuccess: (saved) => {
      queries.setQueryData(profileQuery.queryKey, saved);
      restart(draftOf(saved), saved.version);
      showToast({ key: 'accounts:contact', title: 'Saved: how you are reached' });
    },
    onError: (error) => {
      const { code, more } = asProblem(error);
      if (code === 'students.changed_meanwhile' && more.current !== undefined) {
        const current = more.current as OwnProfile;
        settle(draftOf(current), current.version);
      }
    },
  });
  const refused = saving.error === null ? null : asProblem(saving.error);
  const beside = (field: Field) => (touched.has(field) ? undefined : refused?.fields[field]);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTouched(new Set());
    saving.mutate();
  };
  const set = (field: Field, value: string) => {
    setTouched((before) => new Set([...before, field]));
    setDraft((before) => ({ ...before, [field]: value }));
  };
  const phone = (field: Field, autoComplete: string) => <TextInput label={labels[field]} type="tel" inputMode="tel" autoComplete={autoComplete} value={draft[field]} onChange={(event) => set(field, event.currentTarget.value)} error={beside(field)} />;
  const long = (field: Field, autoComplete: string) => <Textarea label={labels[field]} autoComplete={autoComplete} autosize minRows={2} maxLength={1000} value={draft[field]} onChange={(event) => set(field, event.currentTarget.value)} error={beside(field)} />;
  return (
    <form onSubmit={submit} noValidate className={classes.contact}>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        {phone('contactNumber', 'tel')}
        {phone('alternateContact', 'off')}
      </SimpleGrid>
      {long('address', 'street-address')}
      {long('guardianDetails', 'off')}
      {clash !== null && (
        <Conflict
          taken={clash.taken.map((field) => `${labels[field]} (${clash.theirs[field]})`)}
          both={clash.both.map((field) => ({ field, label: labels[field], mine: draft[field], theirs: clash.theirs[field] }))}
          theirs={chosen}
          onChoose={choose}
        />
      )}
      <Refused error={clash !== null && refused?.status === 409 ? null : saving.error} title="It was not saved" />
      <div><Button type="submit" loading={saving.isPending} disabled={!isChanged && clash === null}>Save</Button></div>
    </form>
  );
}
