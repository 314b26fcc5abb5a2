import { MantineProvider } from '@mantine/core';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, it } from 'vitest';
import { lastInstead, ListStates } from './list-states.tsx';

const query = { isPending: false, isError: false, isFetching: false, error: null, fetchStatus: 'idle', refetch: () => undefined };
const place = (page: number, total: number) => ({ page, limit: 50, total, pages: Math.ceil(total / 50) });
const list = (page: number, total: number, isEmpty: boolean) =>
  renderToString(createElement(MantineProvider, null, createElement(ListStates, { query, isEmpty, empty: 'No notices yet', pages: { of: place(page, total), onPage: () => undefined }, children: 'The rows' })));

it('the last page that there is takes the place of one that was emptied', () => {
  expect(lastInstead(place(3, 100))).toBe(2);
  expect(lastInstead(place(2, 0))).toBe(1);
  expect(lastInstead(place(2, 100))).toBeNull();
  expect(lastInstead(place(1, 0))).toBeNull();
});

it('a page that was emptied does not say that nothing was written yet', () => {
  expect(list(3, 100, true)).not.toContain('No notices yet');
  expect(list(1, 0, true)).toContain('No notices yet');
  expect(list(1, 0, true)).not.toContain('Pages of the table');
});

it('rows have the way to the others below them', () => {
  expect(list(2, 100, false)).toMatch(/The rows.*Pages of the table/s);
});
