import { Button, Chip, Group, Text, VisuallyHidden } from '@mantine/core';
import { IconBellOff, IconChecks } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useAddressFilter } from '../../kit/address-filter.ts';
import { ListEnd, ListStates } from '../../kit/list-states.tsx';
import lists from '../../kit/list.module.css';
import { PageHead } from '../../kit/page.tsx';
import { asProblem } from '../../kit/problem.ts';
import { Empty, Trouble } from '../../kit/states.tsx';
import { Freshness } from '../../realtime/freshness.tsx';
import { useLivePolling } from '../../realtime/live.tsx';
import { flatten } from './cache.ts';
import { NotificationCard } from './card.tsx';
import { markRead, ownNotifications } from './queries.ts';

const filters = ['show'] as const;

/** Everybody's own notifications; what is read here is read on all of their devices. */
export default function OwnPage() {
  const queries = useQueryClient();
  const [filter, setFilter] = useAddressFilter(filters);
  const unreadOnly = filter.show === 'unread';
  const list = useInfiniteQuery({ ...ownNotifications(unreadOnly), refetchInterval: useLivePolling(), refetchOnMount: 'always' });
  const reading = useMutation({ mutationFn: (id: string | null) => markRead(queries, id) });
  const items = flatten(list.data);
  const unread = list.data?.pages[0]?.unread ?? 0;
  const all = (
    <Button variant="default" leftSection={<IconChecks size={20} aria-hidden="true" />} disabled={unread === 0} loading={reading.isPending && reading.variables === null} onClick={() => reading.mutate(null)}>
      Mark all as read
    </Button>
  );
  return (
    <>
      <PageHead title="Notifications" line={<Freshness of={list} />} action={all} />
      <Group mb="md" gap="xs" role="radiogroup" aria-label="Which notifications" className={lists.chips}>
        <Chip.Group value={filter.show} onChange={(show) => setFilter({ show })}>
          <Chip value="">All</Chip>
          <Chip value="unread">{unread === 0 ? 'Not read' : `Not read (${unread})`}</Chip>
        </Chip.Group>
      </Group>
      <VisuallyHidden role="status">{list.data === undefined ? '' : `${unread} not read`}</VisuallyHidden>
      {reading.error !== null && <Trouble title="It was not marked as read"><Text size="sm">{asProblem(reading.error).message}</Text></Trouble>}
      <ListStates
        query={list}
        isEmpty={items.length === 0}
        empty={(
          <Empty icon={<IconBellOff size={32} stroke={1.5} />} title={unreadOnly ? 'You have read everything' : 'No notifications yet'}>
            What the office and your teachers want you to know appears here at once.
          </Empty>
        )}
      >
        <ul className={lists.list}>
          {items.map((item) => <li key={item._id}><NotificationCard item={item} isUnread={!item.read} onRead={() => reading.mutate(item._id)} /></li>)}
        </ul>
        <ListEnd query={list} />
      </ListStates>
    </>
  );
}
