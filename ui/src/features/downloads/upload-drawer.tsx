import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import { useRef, useState, type SubmitEvent } from 'react';
import { dayIn, now } from '../../kit/clock.ts';
import { FilePicker } from '../../kit/file-picker.tsx';
import { bytes } from '../../kit/format.ts';
import { useInstitute, useTimezone } from '../../kit/institute.ts';
import { toFirstProblem } from '../../kit/refused.tsx';
import { SideDrawer } from '../../kit/side-drawer.tsx';
import { Trouble } from '../../kit/states.tsx';
import type { Role } from '../../kit/wire.ts';
import { fileProblem, hasProblems, problemsOf, titleFrom, toMetadata, type Draft, type DraftProblems } from './draft.ts';
import classes from '../../kit/drawer.module.css';
import { MaterialFields } from './material-fields.tsx';
import type { Metadata } from './queries.ts';
import type { Uploading } from './use-uploading.ts';

interface UploadDrawerProps {
  role: Role;
  /** What has been written so far; it outlives the drawer. */
  draft: Draft;
  file: File | null;
  uploading: Uploading;
  onDraft: (change: Partial<Draft>) => void;
  onFile: (file: File) => void;
  onSend: (file: File, metadata: Metadata) => void;
  onCancelSending: () => void;
  onClose: () => void;
}

export default function UploadDrawer({ role, draft, file, uploading, onDraft, onFile, onSend, onCancelSending, onClose }: UploadDrawerProps) {
  const institute = useInstitute();
  const timezone = useTimezone();
  const [tried, setTried] = useState(false);
  const [changed, setChanged] = useState<ReadonlySet<string>>(new Set());
  const pickButton = useRef<HTMLButtonElement>(null);
  const isSending = uploading.state === 'sending';

  const inFile = file === null || institute === undefined ? undefined : fileProblem(file, institute) ?? undefined;
  const found: DraftProblems = { ...problemsOf(draft, dayIn(timezone, now())), file: file === null ? 'Choose the file to upload.' : inFile };
  const refused = uploading.state === 'failed' ? uploading.problem : null;
  const beside = Object.fromEntries(Object.entries(refused?.fields ?? {}).filter(([field]) => !changed.has(field)));
  const problems: DraftProblems = { ...beside, ...(tried ? found : inFile === undefined ? {} : { file: inFile }) };
  const note = (field: string) => setChanged((before) => new Set(before).add(field));

  const pick = (next: File) => {
    note('file');
    onFile(next);
    if (draft.title.trim() === '' || (file !== null && draft.title === titleFrom(file.name))) onDraft({ title: titleFrom(next.name) });
  };

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (file === null || hasProblems(found)) {
      if (found.file !== undefined) pickButton.current?.focus();
      else toFirstProblem(event.currentTarget);
      return;
    }
    setChanged(new Set());
    onSend(file, toMetadata(draft, null));
  };

  return (
    <SideDrawer title="Upload study material" width={580} isBusy={isSending} onClose={onClose}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <FilePicker file={file} rules={institute} error={problems.file} disabled={isSending} button={pickButton} onPick={pick} />
          <fieldset disabled={isSending} className={classes.fields}>
            <MaterialFields
              role={role}
              draft={draft}
              problems={problems}
              before={null}
              onChange={(change) => {
                Object.keys(change).forEach(note);
                if ('audience' in change) ['targetAudience', 'specificTargets'].forEach(note);
                onDraft(change);
              }}
            />
          </fieldset>
        </Stack>
        <div className={classes.foot}>
          {refused !== null && (
            <Trouble title="The material was not uploaded">
              <Text size="sm">{refused.message}</Text>
              <Text size="sm">What you wrote is still here; you can try again.</Text>
            </Trouble>
          )}
          {isSending
            ? <Sending sent={uploading.sent} total={uploading.total} onCancel={onCancelSending} />
            : (
                <Group justify="flex-end">
                  <Button variant="default" onClick={onClose}>Close</Button>
                  <Button type="submit">{refused === null ? 'Upload' : 'Try again'}</Button>
                </Group>
              )}
        </div>
      </form>
    </SideDrawer>
  );
}

function Sending({ sent, total, onCancel }: { sent: number; total: number; onCancel: () => void }) {
  const percent = total === 0 ? 0 : Math.floor((sent / total) * 100);
  return (
    <Group wrap="nowrap" gap="md">
      <div className={classes.sending}>
        <Text size="sm" fw={600} className={classes.figures}>{percent < 100 ? `${percent}% · ${bytes(sent)} of ${bytes(total)}` : 'All sent. The institute is checking the file…'}</Text>
        <Progress.Root size="lg" mt={6}><Progress.Section value={percent} animated={percent >= 100} aria-label="Upload" /></Progress.Root>
      </div>
      <Button variant="default" onClick={onCancel}>Cancel</Button>
    </Group>
  );
}
