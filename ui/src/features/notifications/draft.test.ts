import { expect, it } from 'vitest';
import { audienceOf, blank, problemsOf, toChange, toSend } from './draft.ts';

const written = { ...blank, title: ' Holiday ', message: 'No classes.' };

it('asks for a title, a text and somebody to read it', () => {
  expect(Object.keys(problemsOf({ ...blank, roles: [] }))).toEqual(['title', 'message', 'targetIds']);
  expect(problemsOf(written)).toEqual({});
  expect(problemsOf({ ...written, target: 'all', roles: [] })).toEqual({});
});

it('sends the ids of the chosen kind alone', () => {
  const draft = { ...written, courses: ['c1'], years: ['2025'], people: [{ _id: 's1', name: 'One' }] };
  expect(toSend(draft)).toMatchObject({ title: 'Holiday', targetType: 'role', targetIds: ['student'] });
  expect(toSend({ ...draft, target: 'batch' }).targetIds).toEqual(['2025']);
  expect(toSend({ ...draft, target: 'individual' }).targetIds).toEqual(['s1']);
  expect(toSend({ ...draft, target: 'all' }).targetIds).toEqual([]);
});

it('does not move a notice to other people when it is changed', () => {
  expect(toChange(written, 4)).toMatchObject({ title: 'Holiday', rev: 4 });
  expect(toChange(written, 4)).not.toHaveProperty('targetType');
});

it.each([
  ['all', [], 'everybody'],
  ['role', ['student', 'faculty'], 'students and faculty'],
  ['course', ['c1', 'gone'], 'GNM, a course'],
  ['batch', ['2024', '2025'], 'students who began in 2024, 2025'],
  ['individual', ['a', 'b'], '2 people'],
] as const)('%s %j is for %s', (targetType, targetIds, words) => {
  expect(audienceOf({ targetType, targetIds: [...targetIds] }, new Map([['c1', 'GNM']]))).toBe(words);
});
