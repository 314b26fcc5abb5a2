import { expect, it } from 'vitest';
import { problemsFirst, type PlannedRow } from './import-plan.ts';

it('shows problems first, then changes, and keeps the order of the file within each', () => {
  const rows: PlannedRow[] = [
    { row: 2, action: 'same' },
    { row: 3, action: 'add' },
    { row: 4, action: 'refused' },
    { row: 5, action: 'change' },
    { row: 6, action: 'add' },
    { row: 7, action: 'refused' },
  ];
  expect(problemsFirst(rows).map(({ row }) => row)).toEqual([4, 7, 5, 3, 6, 2]);
  expect(rows[0]?.row, 'the plan itself stays as it came').toBe(2);
});
