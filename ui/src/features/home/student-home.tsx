import { Button, Group, Text, Title } from '@mantine/core';
import { IconCircleCheck, IconSchool } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Link } from 'react-router';
import { dayIn, hourIn, now } from '../../kit/clock.ts';
import type { ViewProps } from '../../kit/feature.ts';
import { useTimezone } from '../../kit/institute.ts';
import { ListStates } from '../../kit/list-states.tsx';
import { PageHead } from '../../kit/page.tsx';
import { Empty } from '../../kit/states.tsx';
import { Freshness } from '../../realtime/freshness.tsx';
import { useLivePolling } from '../../realtime/live.tsx';
import { nameOf } from '../accounts/me.ts';
import { everything, flatten, hasExpired, forgetFinished, StudentCard, studentDownloads, useOpenings } from '../downloads/parts.ts';
import { greeting, shortName } from './greeting.ts';
import classes from './home.module.css';
import { Standing, useStanding } from './standing.tsx';

const atMost = 5;

export default function StudentHome({ user }: ViewProps) {
  const timezone = useTimezone();
  const polling = useLivePolling();
  const list = useInfiniteQuery({ ...studentDownloads(everything), refetchInterval: polling });
  const standing = useStanding();
  const today = dayIn(timezone, now());
  const openings = useOpenings();
  useEffect(() => forgetFinished, []);
  // What was opened just now stays where it is until the person leaves the page.
  const fresh = flatten(list.data).filter((item) => (!item.opened || openings.has(item._id)) && !hasExpired(item, today));
  const shown = fresh.slice(0, atMost);
  const more = (list.data?.pages[0]?.unopened ?? 0) - shown.filter((item) => !item.opened).length;
  const { profile } = user;
  const course = profile.courseEnrolled?.courseName ?? '';
  const details = [profile.semester == null ? null : `Semester ${profile.semester}`, profile.studentId == null ? null : `Student ID ${profile.studentId}`].filter(Boolean).join(' · ');

  return (
    <>
      <PageHead title={greeting(hourIn(timezone, now()), shortName(nameOf(user)))} tab="Home" line={<Freshness of={[list, standing.dashboard, standing.attendance, standing.marks]} />} />
      {(course !== '' || details !== '') && (
        <div className={classes.place}>
          <IconSchool size={24} stroke={1.6} aria-hidden="true" />
          <div>
            <Text fw={600}>{course}</Text>
            <Text size="sm" c="dimmed">{details}</Text>
          </div>
        </div>
      )}
      <Standing of={standing} />
      <Group justify="space-between" wrap="nowrap" mb="sm" mt="lg" gap="sm">
        <Title order={2} size="h4">New for you</Title>
        <Button component={Link} to="/downloads" variant="subtle" className={classes.more}>All study material</Button>
      </Group>
      <ListStates
        query={list}
        isEmpty={shown.length === 0}
        empty={(
          <Empty icon={<IconCircleCheck size={32} stroke={1.5} />} title="You have seen everything">
            New study material appears here the moment your teachers upload it. You do not need to load the page again.
          </Empty>
        )}
      >
        <ul className={classes.list}>{shown.map((item) => <li key={item._id}><StudentCard item={item} /></li>)}</ul>
        {more > 0 && <Group justify="center" mt="md"><Button component={Link} to="/downloads" variant="light">{`Show ${more} more`}</Button></Group>}
      </ListStates>
    </>
  );
}
