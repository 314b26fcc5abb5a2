import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconUsers } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { dayIn, now } from '../../kit/clock.ts';
import { useTimezone } from '../../kit/institute.ts';
import { asProblem } from '../../kit/problem.ts';
import { Refused, toFirstProblem } from '../../kit/refused.tsx';
import { SideDrawer } from '../../kit/side-drawer.tsx';
import { Trouble } from '../../kit/states.tsx';
import { showToast } from '../../kit/toasts.tsx';
import type { ManagedDownload, Role } from '../../kit/wire.ts';
import { audienceOf } from './audience.ts';
import { draftOf, hasProblems, problemsOf, toMetadata, type DraftProblems } from './draft.ts';
import classes from '../../kit/drawer.module.css';
import { MaterialFields } from './material-fields.tsx';
import { changeForStaff, refreshManaged, saveMetadata } from './queries.ts';

interface EditDrawerProps {
  role: Role;
  /** As the list shows it now; undefined when it has left the list. */
  item: ManagedDownload | undefined;
  onClose: () => void;
}

export default function EditDrawer({ item, ...rest }: EditDrawerProps) {
  const [first, setFirst] = useState(item);
  if (first === undefined && item !== undefined) setFirst(item);
  return first === undefined ? null : <EditForm first={first} item={item} {...rest} />;
}

function EditForm({ first, item, role, onClose }: EditDrawerProps & { first: ManagedDownload }) {
  const queries = useQueryClient();
  const timezone = useTimezone();
  /** The version that what is written here started from. */
  const [base, setBase] = useState(first);
  const [draft, setDraft] = useState(() => draftOf(first));
  const [tried, setTried] = useState(false);

  const saving = useMutation({
    mutationFn: () => saveMetadata(base._id, toMetadata(draft, audienceOf(base)), base.rev),
    onSuccess: (saved) => {
      changeForStaff(queries, { type: 'saved', document: saved });
      showToast({ key: `downloads:saved:${saved._id}`, title: `Saved: ${saved.title}` });
      onClose();
    },
    onError: (error) => {
      // Somebody was faster: fetch their version, so that it can be offered.
      if (asProblem(error).code === 'downloads.changed_meanwhile') void refreshManaged(queries);
    },
  });
  const refused = saving.error === null ? null : asProblem(saving.error);
  const isTheirs = item !== undefined && item.rev !== base.rev && !saving.isPending && !saving.isSuccess;
  const found = problemsOf(draft, draft.expiryDate === base.expiryDate?.slice(0, 10) ? '' : dayIn(timezone, now()));
  const problems: DraftProblems = { ...(refused?.fields ?? {}), ...(tried ? found : {}) };

  const settle = (theirs: ManagedDownload, keepMine: boolean) => {
    setBase(theirs);
    if (!keepMine) setDraft(draftOf(theirs));
    saving.reset();
  };

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (!hasProblems(found)) saving.mutate();
    else toFirstProblem(event.currentTarget);
  };

  return (
    <SideDrawer title="Change study material" width={580} isBusy={saving.isPending} onClose={onClose}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <Text size="sm" c="dimmed">{`File: ${base.fileName}. To replace the file, delete this material and upload it anew.`}</Text>
          <MaterialFields role={role} draft={draft} problems={problems} before={{ ...audienceOf(base), text: base.audienceText }} onChange={(change) => setDraft((before) => ({ ...before, ...change }))} />
        </Stack>
        <div className={classes.foot}>
          {isTheirs && (
            <Alert role="alert" variant="default" icon={<IconUsers aria-hidden="true" />} title="Somebody else changed this just now">
              <Stack gap="xs">
                <Text size="sm">What you wrote is not saved yet. Look at their version, or go on with yours, which will then replace theirs.</Text>
                <Group gap="xs">
                  <Button size="sm" onClick={() => settle(item, false)}>Load theirs</Button>
                  <Button size="sm" variant="default" onClick={() => settle(item, true)}>Go on with mine</Button>
                </Group>
              </Stack>
            </Alert>
          )}
          {item === undefined && <Trouble><Text size="sm">This material was deleted, or changed so that it is no longer in your list.</Text></Trouble>}
          <Refused error={isTheirs ? null : saving.error} title="It was not saved" />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose} disabled={saving.isPending}>Cancel</Button>
            <Button type="submit" loading={saving.isPending} disabled={isTheirs}>Save</Button>
          </Group>
        </div>
      </form>
    </SideDrawer>
  );
}
