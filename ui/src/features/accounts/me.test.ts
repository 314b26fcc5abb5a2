import { expect, it } from 'vitest';
import type { User } from '../../kit/wire.ts';
import { knownHolder } from './me.ts';

const tokenOf = (userId: string) => `e30.${btoa(JSON.stringify({ userId }))}.c2ln`;

it('a page stays for a new token of its person, and not for that of somebody else', () => {
  const mary = { _id: 'mary' } as User;
  expect(knownHolder(tokenOf('mary'))(mary)).toBe(mary);
  expect(knownHolder(tokenOf('leela'))(mary)).toBeUndefined();
  expect(knownHolder('nonsense')(mary)).toBeUndefined();
  expect(knownHolder('nonsense')(undefined)).toBeUndefined();
});
