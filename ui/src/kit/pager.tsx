import { Button, Text } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import classes from './pager.module.css';
import type { Pagination } from './wire.ts';

/** Which rows of a long table are shown, and the way to the others. Its height is the same on every page. */
export function Pager({ of: { page, limit, total, pages, more }, onPage }: { of: Pagination; onPage: (page: number) => void }) {
  const first = total === 0 ? 0 : (page - 1) * limit + 1;
  const last = Math.min(total, page * limit);
  const number = (value: number) => value.toLocaleString('en-GB');
  return (
    <nav className={classes.pager} aria-label="Pages of the table">
      <Button variant="default" px="sm" aria-label="The page before" disabled={page <= 1} onClick={() => onPage(page - 1)}><IconChevronLeft size={20} aria-hidden="true" /></Button>
      <Text size="sm" role="status">{`${number(first)} to ${number(last)} of ${more === true ? 'more than ' : ''}${number(total)}`}</Text>
      <Button variant="default" px="sm" aria-label="The page after" disabled={page >= pages} onClick={() => onPage(page + 1)}><IconChevronRight size={20} aria-hidden="true" /></Button>
    </nav>
  );
}
