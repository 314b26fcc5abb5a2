import { Button, Checkbox, Fieldset, Group, SimpleGrid, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { Link } from 'react-router';
import { Conflict } from '../../kit/conflict.tsx';
import { Fold } from '../../kit/fold.tsx';
import { instituteQuery } from '../../kit/institute.ts';
import { asProblem } from '../../kit/problem.ts';
import { commonQueries } from '../../kit/query.ts';
import { Refused } from '../../kit/refused.tsx';
import { showToast } from '../../kit/toasts.tsx';
import { useMergedDraft } from '../../kit/use-merged-draft.ts';
import { changes, draftOf, groupTitles, inWords, isSwitch, labelOf, words } from './draft.ts';
import { changeSettings, settingsQuery, type Settings } from './queries.ts';
import classes from './settings.module.css';

/** Every setting there is: what does something first, what is only kept folded away. */
export function SettingsForm({ settings }: { settings: Settings }) {
  const queries = useQueryClient();
  const groups = settings.data;
  const { base, version, draft, setDraft, final, clash, chosen, choose, settle, restart } = useMergedDraft<string>(() => draftOf(groups), settings.version);
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const toSend = changes(final, base, groups);
  const isChanged = Object.keys(toSend).length > 0;
  // Somebody else changed them while nothing was typed here.
  if (!isChanged && clash === null && version !== settings.version) restart(draftOf(groups), settings.version);
  const take = (saved: Settings) => {
    queries.setQueryData(settingsQuery.queryKey, saved);
    void commonQueries.invalidateQueries({ queryKey: instituteQuery.queryKey });
  };
  const saving = useMutation({
    mutationFn: () => changeSettings(toSend, version ?? settings.version),
    onSuccess: (saved) => {
      take(saved);
      restart(draftOf(saved.data), saved.version);
      showToast({ key: 'settings:saved', title: 'The settings were saved' });
    },
    onError: async (error) => {
      if (asProblem(error).code === 'settings.changed_meanwhile') {
        const current = await queries.query(settingsQuery);
        settle(draftOf(current.data), current.version);
      }
    },
  });
  const refused = saving.error === null ? null : asProblem(saving.error);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTouched(new Set());
    saving.mutate();
  };
  const set = (path: string, value: string) => {
    setTouched((before) => new Set([...before, path]));
    setDraft((before) => ({ ...before, [path]: value }));
  };
  const problem = (path: string) => (touched.has(path) ? undefined : refused?.fields[path]);
  const field = (path: string) => (isSwitch(groups, path)
    ? <Checkbox key={path} label={labelOf(path)} checked={draft[path] === 'true'} onChange={(event) => set(path, String(event.currentTarget.checked))} error={problem(path)} />
    : <TextInput key={path} label={labelOf(path)} description={words[path]?.description} value={draft[path] ?? ''} onChange={(event) => set(path, event.currentTarget.value)} error={problem(path)} autoComplete="off" />);
  const acts = (path: string) => settings.acting.includes(path);
  const kept = Object.entries(groups).map(([name, fields]) => ({ name, paths: Object.keys(fields).map((one) => `${name}.${one}`).filter((path) => !acts(path)) })).filter(({ paths }) => paths.length > 0);
  return (
    <form onSubmit={submit} noValidate>
      <section className={classes.card} aria-labelledby="settings-institute">
        <Title order={2} size="h4" id="settings-institute">The institute</Title>
        {settings.acting.filter((path) => path.startsWith('general.')).map(field)}
      </section>
      <section className={classes.card} aria-labelledby="settings-files">
        <Title order={2} size="h4" id="settings-files">Uploads</Title>
        {settings.acting.filter((path) => !path.startsWith('general.')).map(field)}
        <Text size="sm" c="dimmed">Never more than what whoever runs the server permits. What is uploaded already stays.</Text>
      </section>
      <section className={classes.card} aria-labelledby="settings-kept">
        <Title order={2} size="h4" id="settings-kept">Kept, without effect here</Title>
        <Text size="sm">These come from the institute’s earlier pages. Lamplight keeps them and does nothing with them. What is needed in attendance and marks stands under <Link to="/regulations">Regulations</Link>; sign-in and copies are decided where the server is run.</Text>
        <Fold className={classes.kept} title="Show them" hasProblem={kept.some(({ paths }) => paths.some((path) => problem(path) !== undefined))}>
          {kept.map(({ name, paths }) => (
            <Fieldset key={name} legend={groupTitles[name] ?? name} className={classes.group}>
              <SimpleGrid cols={{ base: 1, xs: 2 }}>{paths.map(field)}</SimpleGrid>
            </Fieldset>
          ))}
        </Fold>
      </section>
      {clash !== null && (
        <Conflict
          taken={clash.taken.map((path) => `${labelOf(path)} (${inWords(groups, path, clash.theirs[path] ?? '')})`)}
          both={clash.both.map((path) => ({ field: path, label: labelOf(path), mine: inWords(groups, path, draft[path] ?? ''), theirs: inWords(groups, path, clash.theirs[path] ?? '') }))}
          theirs={chosen}
          onChoose={choose}
        />
      )}
      <Refused error={clash !== null && refused?.status === 409 ? null : saving.error} title="They were not saved" />
      <Group justify="flex-end" my="md">
        <Button type="button" variant="default" disabled={!isChanged && clash === null} onClick={() => restart(draftOf(groups), settings.version)}>Undo</Button>
        <Button type="submit" loading={saving.isPending} disabled={!isChanged && clash === null}>Save</Button>
      </Group>
    </form>
  );
}
