import { VisuallyHidden } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { everything, studentDownloads } from './queries.ts';
import classes from './unopened-count.module.css';

/** How much of the material this student has not opened yet. */
export function UnopenedCount() {
  const { data: count } = useInfiniteQuery({ ...studentDownloads(everything), select: (data) => data.pages[0]?.unopened ?? 0 });
  if (count === undefined || count === 0) return null;
  return (
    <>
      <span className={classes.count} aria-hidden="true">{count > 99 ? '99+' : count}</span>
      <VisuallyHidden>{`${count} new, `}</VisuallyHidden>
    </>
  );
}
