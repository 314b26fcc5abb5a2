import { expect, it } from 'vitest';
import type { CellsResult, MarkGrid } from '../../kit/wire.ts';
import { news, withAnswer } from './take-in.ts';

const row = (obtained: number, theory: number, practical: number) => ({ _id: 'asha', obtained, cells: { theory: { value: theory, rev: theory }, practical: { value: practical, rev: practical } } });
const grid = (...rows: ReturnType<typeof row>[]) => ({ rows }) as unknown as MarkGrid;
const answer = (...rows: ReturnType<typeof row>[]) => ({ rows, conflicts: [] }) as unknown as CellsResult;

it('a row of an answer is taken with its sums', () => {
  expect(withAnswer(grid(row(3, 1, 2)), answer(row(4, 2, 2)))).toEqual(grid(row(4, 2, 2)));
});

it('what somebody else put in the row meanwhile stays', () => {
  expect(withAnswer(grid(row(4, 1, 3)), answer(row(4, 2, 2)))).toEqual(grid(row(4, 2, 3)));
  expect(withAnswer(grid(row(5, 2, 3)), answer(row(4, 2, 2)))).toEqual(grid(row(5, 2, 3)));
});

it('what stands in the cell of a conflict is taken if it is newer', () => {
  const conflict = (rev: number) => ({ rows: [], conflicts: [{ student: 'asha', part: 'theory', yours: 9, theirs: rev, rev }] }) as unknown as CellsResult;
  expect(withAnswer(grid(row(4, 2, 2)), conflict(3))).toEqual(grid(row(4, 3, 2)));
  expect(withAnswer(grid(row(4, 2, 2)), conflict(1))).toEqual(grid(row(4, 2, 2)));
});

it('nothing is news of somebody who is not in the grid', () => {
  expect(news(grid(row(4, 2, 2)), [{ student: 'bina', part: 'theory', rev: 9 }])).toEqual([]);
});
