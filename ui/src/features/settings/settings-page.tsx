import { Button, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { now } from '../../kit/clock.ts';
import { ConfirmDialog } from '../../kit/confirm-dialog.tsx';
import { dayOf } from '../../kit/format.ts';
import { instituteQuery, useTimezone } from '../../kit/institute.ts';
import { ListStates } from '../../kit/list-states.tsx';
import { PageHead } from '../../kit/page.tsx';
import { commonQueries } from '../../kit/query.ts';
import { showToast } from '../../kit/toasts.tsx';
import { resetSettings, settingsQuery } from './queries.ts';
import { SettingsForm } from './settings-form.tsx';
import { SystemCheck } from './system-check.tsx';

/** How often an open page looks whether somebody else changed them. */
const every = 60_000;

export default function SettingsPage() {
  const queries = useQueryClient();
  const timezone = useTimezone();
  const query = useQuery({ ...settingsQuery, refetchInterval: every });
  const [isResetting, setResetting] = useState(false);
  /** The form begins anew after a reset: what was typed before it was typed into what is gone. */
  const [resets, setResets] = useState(0);
  const { data } = query;
  const line = data?.changed === undefined ? 'As they were in the beginning.' : <>{`${data.changed.fullName} changed them last, ${dayOf(data.changed.at, timezone, now())}. `}<Link to="/audit?kind=settings">Who changed what</Link></>;
  return (
    <>
      <PageHead title="Settings" line={data === undefined ? '' : line} action={<Button variant="default" disabled={data?.changed === undefined} onClick={() => setResetting(true)}>Reset all</Button>} />
      <ListStates query={query} isEmpty={data === undefined} empty={null}>
        {data !== undefined && <SettingsForm key={resets} settings={data} />}
      </ListStates>
      <SystemCheck />
      {isResetting && (
        <ConfirmDialog
          title="Reset all settings?"
          confirm="Reset"
          keep="Cancel"
          refusal="They were not reset"
          run={async () => queries.setQueryData(settingsQuery.queryKey, await resetSettings())}
          onDone={() => {
            setResets(resets + 1);
            void commonQueries.invalidateQueries({ queryKey: instituteQuery.queryKey });
            showToast({ key: 'settings:reset', title: 'The settings are what they were in the beginning' });
          }}
          onClose={() => setResetting(false)}
        >
          <Text>All of them become what they were in the beginning. The audit keeps what they were.</Text>
        </ConfirmDialog>
      )}
    </>
  );
}
