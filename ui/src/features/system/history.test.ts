import { expect, it } from 'vitest';
import { lines, span, withSample, type Sample } from './history.ts';

const sample = (at: number, people: number | null): Sample => ({ at, people, behind: 0 });
const people = (one: Sample) => one.people;

it('forgets what is older than it looks back, and begins anew when time goes back', () => {
  const history = [sample(0, 1), sample(5000, 2)].reduce<Sample[]>(withSample, []);
  expect(history).toHaveLength(2);
  expect(withSample(history, sample(span + 1, 3)).map(people)).toEqual([2, 3]);
  expect(withSample(history, sample(5000, 9)).map(people)).toEqual([9]);
  expect(withSample(history, sample(4000, 9)).map(people)).toEqual([9]);
});

it('draws from the bottom to the most, the newest at the right', () => {
  const { lines: drawn, most } = lines([sample(0, 0), sample(5000, 4), sample(10_000, 2)], people, 600, 100);
  expect(most).toBe(4);
  expect(drawn).toEqual([[{ x: 590, y: 100 }, { x: 595, y: 0 }, { x: 600, y: 50 }]]);
});

it('leaves a gap where nothing is known', () => {
  const { lines: drawn } = lines([sample(0, 1), sample(5000, null), sample(10_000, 1), sample(60_000, 1), sample(65_000, 1)], people, 600, 100);
  expect(drawn.map((line) => line.length)).toEqual([1, 1, 2]);
});

it('draws a straight line at the bottom when there was never anybody', () => {
  const { lines: drawn, most } = lines([sample(0, 0), sample(5000, 0)], people, 600, 100);
  expect(most).toBe(0);
  expect(drawn[0]?.every(({ y }) => y === 100)).toBe(true);
  expect(lines([], people, 600, 100)).toEqual({ lines: [], most: 0 });
});
