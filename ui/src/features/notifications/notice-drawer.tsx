import { Alert, Button, Group, NativeSelect, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { IconUsers } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { asProblem } from '../../kit/problem.ts';
import drawer from '../../kit/drawer.module.css';
import { Refused, toFirstProblem } from '../../kit/refused.tsx';
import { SideDrawer } from '../../kit/side-drawer.tsx';
import { showToast } from '../../kit/toasts.tsx';
import type { WrittenNotice } from '../../kit/wire.ts';
import { blank, draftOf, links, problemsOf, toChange, toSend, type Draft, type Problems } from './draft.ts';
import { changeNotice, lookAtNotice, refreshWritten, writeNotice } from './queries.ts';
import { TargetFields } from './target-fields.tsx';
import { categories, priorities } from './words.ts';

interface NoticeDrawerProps {
  /** Undefined to write a new one. */
  notice: WrittenNotice | undefined;
  /** Whom the notice is for, in words. */
  audience: string;
  onClose: () => void;
}

export default function NoticeDrawer({ notice, audience, onClose }: NoticeDrawerProps) {
  const queries = useQueryClient();
  const [base, setBase] = useState(notice);
  const [draft, setDraft] = useState<Draft>(() => (notice === undefined ? blank : draftOf(notice)));
  const [tried, setTried] = useState(false);
  const [theirs, setTheirs] = useState<WrittenNotice | null>(null);
  const saving = useMutation({
    mutationFn: async () => {
      if (base !== undefined) return changeNotice(queries, base._id, toChange(draft, base.rev));
      await writeNotice(toSend(draft));
    },
    onSuccess: () => {
      void refreshWritten(queries);
      showToast({ key: 'notifications:written', title: base === undefined ? 'Sent. They have it now.' : 'Saved. They see the new text now.' });
      onClose();
    },
    onError: async (error) => {
      if (base !== undefined && asProblem(error).code === 'notifications.changed_meanwhile') setTheirs(await lookAtNotice(base._id).catch(() => null));
    },
  });
  const refused = saving.error === null ? null : asProblem(saving.error);
  const found = problemsOf(base === undefined ? draft : { ...draft, target: 'all' });
  const problems: Problems = { ...(refused?.fields ?? {}), ...(tried ? found : {}) };
  const set = (change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change }));
  const settle = (keepMine: boolean) => {
    if (theirs === null) return;
    setBase(theirs);
    if (!keepMine) setDraft(draftOf(theirs));
    setTheirs(null);
    saving.reset();
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(found).length === 0) saving.mutate();
    else toFirstProblem(event.currentTarget);
  };
  const pages = links.some(([address]) => address === draft.actionUrl) ? links : [...links, [draft.actionUrl, draft.actionUrl] as [string, string]];
  return (
    <SideDrawer title={base === undefined ? 'Write a notice' : 'Change the notice'} width={580} isBusy={saving.isPending} onClose={onClose}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          {base === undefined
            ? <TargetFields draft={draft} problem={problems.targetIds} onChange={set} />
            : <Text size="sm" c="dimmed">{`For ${audience}. To write to others, write a new notice.`}</Text>}
          <TextInput label="Title" value={draft.title} maxLength={200} onChange={(event) => set({ title: event.currentTarget.value })} error={problems.title} data-autofocus />
          <Textarea label="Text" value={draft.message} maxLength={5000} autosize minRows={4} maxRows={12} onChange={(event) => set({ message: event.currentTarget.value })} error={problems.message} />
          <Group grow align="flex-start">
            <NativeSelect label="About" value={draft.category} data={categories} onChange={(event) => set({ category: event.currentTarget.value as Draft['category'] })} />
            <NativeSelect label="How important" value={draft.priority} data={Object.entries(priorities).map(([value, label]) => ({ value, label }))} onChange={(event) => set({ priority: event.currentTarget.value as Draft['priority'] })} />
          </Group>
          <NativeSelect label="Page it leads to" value={draft.actionUrl} data={pages.map(([value, label]) => ({ value, label }))} onChange={(event) => set({ actionUrl: event.currentTarget.value })} error={problems.actionUrl} />
        </Stack>
        <div className={drawer.foot}>
          {theirs !== null && (
            <Alert role="alert" variant="default" icon={<IconUsers aria-hidden="true" />} title="Somebody else changed this just now">
              <Stack gap="xs">
                <Text size="sm">{`Theirs: “${theirs.title}”. ${theirs.message.slice(0, 200)}`}</Text>
                <Group gap="xs">
                  <Button size="sm" onClick={() => settle(false)}>Load theirs</Button>
                  <Button size="sm" variant="default" onClick={() => settle(true)}>Go on with mine</Button>
                </Group>
              </Stack>
            </Alert>
          )}
          <Refused error={theirs === null ? saving.error : null} title={base === undefined ? 'It was not sent' : 'It was not saved'} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose} disabled={saving.isPending}>Cancel</Button>
            <Button type="submit" loading={saving.isPending} disabled={theirs !== null}>{base === undefined ? 'Send now' : 'Save'}</Button>
          </Group>
        </div>
      </form>
    </SideDrawer>
  );
}
