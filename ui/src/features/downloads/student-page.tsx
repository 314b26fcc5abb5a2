import { Chip, Stack, VisuallyHidden } from '@mantine/core';
import { IconBooks, IconSearchOff } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';
import { dayIn, now } from '../../kit/clock.ts';
import { useAddressFilter } from '../../kit/address-filter.ts';
import { plural } from '../../kit/format.ts';
import { useTimezone } from '../../kit/institute.ts';
import { ListEnd, ListStates, ShowAll } from '../../kit/list-states.tsx';
import classes from '../../kit/list.module.css';
import { PageHead } from '../../kit/page.tsx';
import { SearchField } from '../../kit/search-field.tsx';
import { Empty } from '../../kit/states.tsx';
import { Freshness } from '../../realtime/freshness.tsx';
import { useLivePolling } from '../../realtime/live.tsx';
import { flatten } from './cache.ts';
import { hasExpired } from './expiry.ts';
import { everything, studentDownloads } from './queries.ts';
import { StudentCard } from './student-card.tsx';

const filters = ['search', 'category'] as const;

export default function StudentPage() {
  const timezone = useTimezone();
  const [filter, setFilter] = useAddressFilter(filters);
  const [params] = useSearchParams();
  const polling = useLivePolling();
  const list = useInfiniteQuery({ ...studentDownloads(filter), refetchInterval: polling });
  // The chips stay while a search narrows the list: they come from the whole.
  const whole = useInfiniteQuery(studentDownloads(everything));
  const today = dayIn(timezone, now());
  const items = flatten(list.data).filter((item) => !hasExpired(item, today));
  const categories = [...new Set([...(whole.data?.pages[0]?.filters.categories ?? []), ...(filter.category === '' ? [] : [filter.category])])];
  const isFiltered = filter.search !== '' || filter.category !== '';
  const total = list.data?.pages[0]?.pagination.total;

  return (
    <>
      <PageHead title="Study material" line={<Freshness of={list} />} />
      <Stack gap="sm" mb="md">
        <SearchField label="Search the study material" placeholder="Search by title, subject or word" value={filter.search} onSearch={(search) => setFilter({ search })} />
        <div className={classes.chips} role="radiogroup" aria-label="Kind of material">
          <Chip.Group value={filter.category} onChange={(category) => setFilter({ category })}>
            {categories.length > 0 && <Chip value="">All</Chip>}
            {categories.map((category) => <Chip key={category} value={category}>{category}</Chip>)}
          </Chip.Group>
        </div>
      </Stack>
      <VisuallyHidden component="h2">{isFiltered ? 'What was found' : 'All your material'}</VisuallyHidden>
      <VisuallyHidden role="status">{list.isPlaceholderData || total === undefined || !isFiltered ? '' : `${plural(total, 'item')} found`}</VisuallyHidden>
      <ListStates
        query={list}
        isEmpty={items.length === 0}
        empty={isFiltered
          ? (
              <Empty icon={<IconSearchOff size={32} stroke={1.5} />} title="Nothing found" action={<ShowAll onClick={() => setFilter({ search: '', category: '' })} />}>
                None of your study material matches. Try another word, or look at everything.
              </Empty>
            )
          : (
              <Empty icon={<IconBooks size={32} stroke={1.5} />} title="No study material yet">
                Notes, question papers, timetables and forms for you appear here the moment your teachers upload them.
              </Empty>
            )}
      >
        <ul className={classes.list} aria-busy={list.isPlaceholderData}>
          {items.map((item) => <li key={item._id}><StudentCard item={item} wanted={item._id === params.get('item')} /></li>)}
        </ul>
        <ListEnd query={list} />
      </ListStates>
    </>
  );
}
