import { expect, it } from 'vitest';
import { nextAddress, signInAddress } from './next-address.ts';

it.each([
  ['/downloads?category=Notes#x', '/downloads?category=Notes#x'],
  [null, '/'],
  ['', '/'],
  ['//elsewhere.example', '/'],
  ['/\\elsewhere.example', '/'],
  ['https://elsewhere.example', '/'],
  ['/sign-in?next=/sign-in', '/'],
])('after signing in, %s leads to %s', (wanted, address) => expect(nextAddress(wanted)).toBe(address));

it('keeps the intended page in the address', () => {
  expect(signInAddress('/')).toBe('/sign-in');
  expect(signInAddress('/downloads?a=1')).toBe('/sign-in?next=%2Fdownloads%3Fa%3D1');
});
