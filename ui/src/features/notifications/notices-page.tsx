import { Button, NativeSelect, Progress, Text } from '@mantine/core';
import { IconEye, IconEyeOff, IconPencil, IconPlus, IconSearchOff, IconSpeakerphone, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { useAddressFilter } from '../../kit/address-filter.ts';
import { ConfirmDialog } from '../../kit/confirm-dialog.tsx';
import { countSet, Filters } from '../../kit/filters.tsx';
import { ListStates, ShowAll } from '../../kit/list-states.tsx';
import lists from '../../kit/list.module.css';
import { PageHead } from '../../kit/page.tsx';
import { part } from '../../kit/part.ts';
import { asProblem } from '../../kit/problem.ts';
import { Empty } from '../../kit/states.tsx';
import { showToast } from '../../kit/toasts.tsx';
import type { WrittenNotice } from '../../kit/wire.ts';
import { coursesQuery } from '../courses/courses.ts';
import { NotificationCard } from './card.tsx';
import classes from './notices.module.css';
import { audienceOf } from './draft.ts';
import { changeNotice, deleteNotice, refreshWritten, writtenNotices } from './queries.ts';
import { categories, priorities } from './words.ts';

const NoticeDrawer = part(() => import('./notice-drawer.tsx'));

const names = ['category', 'priority', 'status', 'page'] as const;

/** How many have read a notice is counted, not told live: asking now and then is enough. */
const countsEvery = 15_000;

/** What the office writes: to everybody, a role, a course, a batch or chosen people. */
export default function NoticesPage() {
  const queries = useQueryClient();
  const [filter, setFilter] = useAddressFilter(names);
  const { page, ...wanted } = filter;
  const list = useQuery({ ...writtenNotices(wanted, Number(page) || 1), refetchInterval: countsEvery });
  const courses = useQuery(coursesQuery);
  const [editing, setEditing] = useState<WrittenNotice | 'new' | null>(null);
  const [deleting, setDeleting] = useState<WrittenNotice | null>(null);
  const codes = new Map((courses.data ?? []).map(({ _id, courseCode }) => [_id, courseCode]));
  const showing = useMutation({
    mutationFn: (notice: WrittenNotice) => changeNotice(queries, notice._id, { isActive: !notice.isActive, rev: notice.rev }),
    onSettled: () => refreshWritten(queries),
    onError: (error) => showToast({ key: 'notices:show', title: 'It was not changed', text: asProblem(error).message }),
  });
  const notices = list.data?.notifications ?? [];
  const isFiltered = countSet(wanted) > 0;
  const change = (to: Partial<typeof filter>) => setFilter({ page: '', ...to });
  const write = <Button leftSection={<IconPlus size={20} aria-hidden="true" />} onClick={() => setEditing('new')}>Write a notice</Button>;
  const line = list.data === undefined ? '' : `${list.data.stats.total} written, ${list.data.stats.active} of them shown`;
  return (
    <>
      <PageHead title="Notices" line={line} action={write} />
      <Filters set={countSet(wanted)}>
        <NativeSelect label="About" value={filter.category} data={[{ value: '', label: 'Anything' }, ...categories]} onChange={(event) => change({ category: event.currentTarget.value })} />
        <NativeSelect label="How important" value={filter.priority} data={[{ value: '', label: 'Any' }, ...Object.entries(priorities).map(([value, label]) => ({ value, label }))]} onChange={(event) => change({ priority: event.currentTarget.value })} />
        <NativeSelect label="Shown or hidden" value={filter.status} data={[{ value: '', label: 'Both' }, { value: 'active', label: 'Shown' }, { value: 'inactive', label: 'Hidden' }]} onChange={(event) => change({ status: event.currentTarget.value })} />
      </Filters>
      <ListStates
        query={list}
        isEmpty={notices.length === 0}
        pages={{ of: list.data?.pagination, onPage: (next) => setFilter({ page: next === 1 ? '' : String(next) }) }}
        empty={isFiltered
          ? <Empty icon={<IconSearchOff size={32} stroke={1.5} />} title="Nothing found" action={<ShowAll onClick={() => setFilter({ category: '', priority: '', status: '', page: '' })} />}>No notice matches. Choose something else above.</Empty>
          : <Empty icon={<IconSpeakerphone size={32} stroke={1.5} />} title="No notices yet" action={write}>What you write is on the pages of those it is for in the same moment, and stays there until they have read it.</Empty>}
      >
        <ul className={lists.list} aria-busy={list.isPlaceholderData}>
          {notices.map((notice) => (
            <li key={notice._id}>
              <NotificationCard item={notice}>
                <Reached notice={notice} audience={audienceOf(notice, codes)} />
                <div className={classes.actions}>
                  <Button size="sm" variant="subtle" leftSection={<IconPencil size={18} aria-hidden="true" />} onClick={() => setEditing(notice)} aria-label={`Edit ${notice.title}`}>Edit</Button>
                  <Button size="sm" variant="subtle" leftSection={notice.isActive ? <IconEyeOff size={18} aria-hidden="true" /> : <IconEye size={18} aria-hidden="true" />} loading={showing.isPending && showing.variables._id === notice._id} onClick={() => showing.mutate(notice)} aria-label={`${notice.isActive ? 'Hide' : 'Show'} ${notice.title}`}>{notice.isActive ? 'Hide' : 'Show'}</Button>
                  <Button size="sm" variant="subtle" leftSection={<IconTrash size={18} aria-hidden="true" />} onClick={() => setDeleting(notice)} aria-label={`Delete ${notice.title}`} className={classes.delete}>Delete</Button>
                </div>
              </NotificationCard>
            </li>
          ))}
        </ul>
      </ListStates>
      <Suspense fallback={null}>
        {editing !== null && <NoticeDrawer notice={editing === 'new' ? undefined : editing} audience={editing === 'new' ? '' : audienceOf(editing, codes)} onClose={() => setEditing(null)} />}
      </Suspense>
      {deleting !== null && (
        <ConfirmDialog
          title="Delete this notice?"
          confirm="Delete"
          refusal="It was not deleted"
          run={() => deleteNotice(deleting._id).catch((error: unknown) => {
            // Somebody else deleted it first: that is what was wanted.
            if (asProblem(error).status !== 404) throw error;
          })}
          onDone={() => void refreshWritten(queries)}
          onClose={() => setDeleting(null)}
        >
          <Text><strong>{deleting.title}</strong></Text>
          <Text>It vanishes at once from the pages of everybody who has it, and cannot be brought back. To take it away for a while, hide it.</Text>
        </ConfirmDialog>
      )}
    </>
  );
}

function Reached({ notice, audience }: { notice: WrittenNotice; audience: string }) {
  const { sentCount, readCount } = notice.metadata;
  const share = sentCount === 0 ? 0 : Math.round((readCount / sentCount) * 100);
  return (
    <div className={classes.reached}>
      <Text size="sm" fw={600}>{notice.isActive ? `For ${audience}: ${readCount} of ${sentCount} have read it` : `Hidden. For ${audience}`}</Text>
      {notice.isActive && <Progress.Root size="sm"><Progress.Section value={share} aria-label={`${share} percent have read ${notice.title}`} /></Progress.Root>}
    </div>
  );
}
