import { Button, Group, Skeleton, Text, Title } from '@mantine/core';
import { IconBooks, IconUpload } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { hourIn, now } from '../../kit/clock.ts';
import type { ViewProps } from '../../kit/feature.ts';
import { useTimezone } from '../../kit/institute.ts';
import { ListStates } from '../../kit/list-states.tsx';
import { PageHead } from '../../kit/page.tsx';
import { Empty } from '../../kit/states.tsx';
import { Freshness } from '../../realtime/freshness.tsx';
import { useLivePolling } from '../../realtime/live.tsx';
import { nameOf } from '../accounts/me.ts';
import { everythingManaged, flatten, managedDownloads, StaffRow } from '../downloads/parts.ts';
import { greeting, shortName } from './greeting.ts';
import classes from './home.module.css';

function Figure({ label, value }: { label: string; value: number | undefined }) {
  return (
    <div className={classes.number}>
      <Text component="dd" m={0} className={classes.value}>{value === undefined ? <Skeleton height={30} width={64} mt={5} /> : value.toLocaleString('en-GB')}</Text>
      <Text component="dt" size="sm" c="dimmed">{label}</Text>
    </div>
  );
}

export default function StaffHome({ user }: ViewProps) {
  const timezone = useTimezone();
  const polling = useLivePolling();
  const list = useInfiniteQuery({ ...managedDownloads(everythingManaged), refetchInterval: polling });
  const stats = list.data?.pages[0]?.stats;
  const newest = flatten(list.data).slice(0, 5);
  const upload = <Button component={Link} to="/downloads?upload=1" leftSection={<IconUpload size={20} aria-hidden="true" />}>Upload</Button>;
  return (
    <>
      <PageHead title={greeting(hourIn(timezone, now()), shortName(nameOf(user)))} tab="Home" line={<Freshness of={list} />} action={upload} />
      <dl className={classes.numbers}>
        <Figure label="Pieces of study material" value={stats?.totalFiles} />
        <Figure label="Times downloaded" value={stats?.totalDownloads} />
      </dl>
      <Group justify="space-between" wrap="nowrap" mb="sm" mt="lg" gap="sm">
        <Title order={2} size="h4">Newest material</Title>
        <Button component={Link} to="/downloads" variant="subtle" className={classes.more}>Show all</Button>
      </Group>
      <ListStates
        query={list}
        isEmpty={newest.length === 0}
        empty={<Empty icon={<IconBooks size={32} stroke={1.5} />} title="No study material yet">What you and your colleagues upload appears here, and at the same moment on the pages of the students it is for.</Empty>}
      >
        <ul className={classes.list}>{newest.map((item) => <li key={item._id}><StaffRow item={item} /></li>)}</ul>
      </ListStates>
    </>
  );
}
