import { Button, Group, Skeleton, Text } from '@mantine/core';
import { useEffect, useRef, type ReactNode } from 'react';
import classes from './list.module.css';
import { Failed, Waiting } from './states.tsx';

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

/** A list is loading, waiting for a signal, broken, empty, or there. */
export function ListStates({ query, isEmpty, empty, children }: { query: ListQuery; isEmpty: boolean; empty: ReactNode; children: ReactNode }) {
  if (query.isPending) return query.fetchStatus === 'paused' ? <Waiting /> : <ListSkeleton />;
  if (query.isError && isEmpty) return <Failed error={query.error} retry={() => void query.refetch()} retrying={query.isFetching} />;
  const isOld = query.isPlaceholderData === true && query.fetchStatus === 'paused';
  return (
    <>
      {isOld && <Text role="status" fw={600} mb="sm">There is no signal. What you chose loads by itself as soon as there is one.</Text>}
      {isEmpty ? empty : children}
    </>
  );
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
