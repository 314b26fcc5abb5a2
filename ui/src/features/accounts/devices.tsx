import { Button, Text, Title } from '@mantine/core';
import { IconDeviceLaptop, IconDeviceMobile, IconLogout } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { now } from '../../kit/clock.ts';
import { ConfirmDialog } from '../../kit/confirm-dialog.tsx';
import { dayOf } from '../../kit/format.ts';
import { useTimezone } from '../../kit/institute.ts';
import { ListStates } from '../../kit/list-states.tsx';
import { asProblem } from '../../kit/problem.ts';
import { showToast } from '../../kit/toasts.tsx';
import classes from './account.module.css';
import { devicesQuery, signOutDevice, signOutOthers } from './me.ts';

const isPhone = (device: string): boolean => /android|iphone|ipad|phone/i.test(device);

/** Where one is signed in; each can be signed out alone. */
export function Devices() {
  const queries = useQueryClient();
  const timezone = useTimezone();
  const list = useQuery({ ...devicesQuery, refetchOnMount: 'always' });
  const [isEnding, setEnding] = useState(false);
  const refresh = () => queries.invalidateQueries({ queryKey: devicesQuery.queryKey });
  const ending = useMutation({
    mutationFn: (id: string) => signOutDevice(id).catch((error: unknown) => {
      // It was signed out already: that is what was wanted.
      if (asProblem(error).status !== 404) throw error;
    }),
    onSuccess: () => refresh(),
    onError: (error) => showToast({ key: 'accounts:device', title: 'It was not signed out', text: asProblem(error).message }),
  });
  const devices = list.data ?? [];
  const others = devices.filter(({ isThis }) => !isThis).length;
  return (
    <section className={classes.card} aria-labelledby="account-devices">
      <Title order={2} size="h4" id="account-devices">Your devices</Title>
      <Text size="sm" c="dimmed">Is there one you do not know, or have lost? Sign it out, and change your password.</Text>
      <ListStates query={list} isEmpty={devices.length === 0} empty={<Text>No device is known.</Text>}>
        <ul className={classes.devices}>
          {devices.map((device) => {
            const Icon = isPhone(device.device) ? IconDeviceMobile : IconDeviceLaptop;
            return (
              <li key={device._id}>
                <Icon size={26} stroke={1.6} aria-hidden="true" />
                <div className={classes.grow}>
                  <Text fw={600}>{device.device}</Text>
                  <Text size="sm" c="dimmed">{[device.isThis ? 'This device' : `Last used ${dayOf(device.lastSeenAt, timezone, now())}`, device.address].filter(Boolean).join(' · ')}</Text>
                </div>
                {!device.isThis && <Button size="sm" variant="default" className={classes.end} loading={ending.isPending && ending.variables === device._id} onClick={() => ending.mutate(device._id)} aria-label={`Sign out ${device.device}`}>Sign out</Button>}
              </li>
            );
          })}
        </ul>
      </ListStates>
      <div><Button variant="default" leftSection={<IconLogout size={18} aria-hidden="true" />} disabled={others === 0} onClick={() => setEnding(true)}>Sign out all other devices</Button></div>
      {isEnding && (
        <ConfirmDialog title="Sign out all other devices?" confirm="Sign them out" keep="Cancel" refusal="They were not signed out" run={signOutOthers} onDone={() => void refresh()} onClose={() => setEnding(false)}>
          <Text>They are signed out at once, wherever they are. You stay signed in here.</Text>
        </ConfirmDialog>
      )}
    </section>
  );
}
