import { expect, it } from 'vitest';
import { blank, changes, problemsOf } from './draft.ts';

it('asks for what a course needs', () => {
  expect(Object.keys(problemsOf(blank))).toEqual(['courseCode', 'courseName', 'duration', 'description', 'seatsAvailable']);
  expect(problemsOf({ ...blank, courseCode: 'X', courseName: 'X', duration: '1 Year', description: 'X', seatsAvailable: '10', semesters: 'two' })).toEqual({ semesters: 'Write a whole number.' });
});

it('sends what was changed: numbers as numbers, lines as a list', () => {
  expect(changes(blank, blank)).toEqual({});
  expect(changes({ ...blank, seatsAvailable: '40', eligibility: ' 10+2 \n\n17 years ' }, blank)).toEqual({ seatsAvailable: 40, eligibility: ['10+2', '17 years'] });
});
