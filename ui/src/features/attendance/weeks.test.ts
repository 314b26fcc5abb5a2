import { expect, it } from 'vitest';
import { weeks, worst } from './weeks.ts';

it('a month begins on its weekday and ends on its last day', () => {
  const november = weeks(2026, 11);
  expect(november[0]).toEqual([null, null, null, null, null, null, '2026-11-01']);
  expect(november.at(-1)).toEqual(['2026-11-30', null, null, null, null, null, null]);
  expect(weeks(2027, 2)).toHaveLength(4);
});

it('a day with several classes shows the worst of them', () => {
  expect(worst(['Present', 'Absent', 'Late'])).toBe('Absent');
  expect(worst(['Present', 'Late'])).toBe('Late');
  expect(worst([])).toBeNull();
});
