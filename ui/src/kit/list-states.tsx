import { Button, Group, Skeleton, Text } from '@mantine/core';
import { useEffect, useEffectEvent, useRef, type ReactNode } from 'react';
import classes from './list.module.css';
import { Pager } from './pager.tsx';
import { Failed, Waiting } from './states.tsx';
import type { Pagination } from './wire.ts';

interface ListQuery {
  isPending: boolean;
  isError: boolean;
  isFetching: boolean;
  error: unknown;
  fetchStatus: string;
  /** What is shown is still what was asked for before. */
  isPlaceholderData?: boolean;
  refetch: () => unknown;
}

interface Pages {
  of: Pagination | undefined;
  onPage: (page: number) => void;
}

interface ListStatesProps {
  query: ListQuery;
  isEmpty: boolean;
  empty: ReactNode;
  /** Of a list that comes in pages. */
  pages?: Pages;
  children: ReactNode;
}

/** The last page there is, when the one that was asked for is behind it. */
export const lastInstead = ({ page, pages }: Pagination): number | null => (page > Math.max(1, pages) ? Math.max(1, pages) : null);

/** A list is loading, waiting for a signal, broken, empty, or there. */
export function ListStates({ query, isEmpty, empty, pages, children }: ListStatesProps) {
  if (query.isPending) return query.fetchStatus === 'paused' ? <Waiting /> : <ListSkeleton />;
  if (query.isError && isEmpty) return <Failed error={query.error} retry={() => void query.refetch()} retrying={query.isFetching} />;
  const last = isEmpty && pages?.of !== undefined ? lastInstead(pages.of) : null;
  if (last !== null) return <Emptied key={last} onLeave={() => pages?.onPage(last)} />;
  const isOld = query.isPlaceholderData === true && query.fetchStatus === 'paused';
  return (
    <>
      {isOld && <Text role="status" fw={600} mb="sm">There is no signal. What you chose loads by itself as soon as there is one.</Text>}
      {isEmpty ? empty : children}
      {!isEmpty && pages?.of !== undefined && <Pager of={pages.of} onPage={pages.onPage} />}
    </>
  );
}

/** What stood on this page was deleted: there are pages before it. */
function Emptied({ onLeave }: { onLeave: () => void }) {
  const leave = useEffectEvent(onLeave);
  useEffect(() => leave(), []);
  return <ListSkeleton />;
}

export function ListSkeleton({ rows = 4 }: { rows?: number }) {
  return (
    <div role="status" aria-label="Loading" className={classes.list}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className={classes.skeleton}>
          <Skeleton width={52} height={52} radius="md" />
          <div>
            <Skeleton height={18} width="70%" mb={10} />
            <Skeleton height={14} width="45%" mb={8} />
            <Skeleton height={14} width="60%" />
          </div>
          <Skeleton height={44} radius="md" className={classes.wide} />
        </div>
      ))}
    </div>
  );
}

interface EndlessQuery {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isFetchNextPageError: boolean;
  fetchNextPage: () => unknown;
}

/** Loads more when its button comes near; the button is also there for the keyboard and for a failed try. */
export function ListEnd({ query }: { query: EndlessQuery }) {
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query;
  const mark = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = mark.current;
    if (element === null || !hasNextPage || isFetchingNextPage || isFetchNextPageError) return;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) fetchNextPage();
    }, { rootMargin: '300px' });
    observer.observe(element);
    return () => observer.disconnect();
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);
  if (!hasNextPage) return null;
  return (
    <Group ref={mark} justify="center" mt="md" gap="sm">
      {isFetchNextPageError && <Text size="sm" role="alert" c="var(--mantine-color-error)">The rest could not be loaded.</Text>}
      <Button variant="default" onClick={() => fetchNextPage()} loading={isFetchingNextPage}>{isFetchNextPageError ? 'Try again' : 'Load more'}</Button>
    </Group>
  );
}

export function ShowAll({ onClick }: { onClick: () => void }) {
  return <Button variant="light" onClick={onClick}>Show everything</Button>;
}
