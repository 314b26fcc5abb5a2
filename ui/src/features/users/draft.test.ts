import { expect, it } from 'vitest';
import { blank, changes, problemsOf } from './draft.ts';

it('asks for name, user name and address', () => {
  expect(Object.keys(problemsOf(blank))).toEqual(['fullName', 'username', 'email']);
  expect(problemsOf({ ...blank, fullName: 'A', username: 'a', email: 'a@example.com' })).toEqual({});
});

it('sends what was changed and no more', () => {
  expect(changes(blank, blank)).toEqual({});
  expect(changes({ ...blank, role: 'admin', fullName: ' Leela ' }, blank)).toEqual({ role: 'admin', fullName: 'Leela' });
});
