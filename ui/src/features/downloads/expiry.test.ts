import { expect, it } from 'vitest';
import { dayIn } from '../../kit/clock.ts';
import { hasExpired } from './expiry.ts';

it.each([
  ['2026-03-10', '2026-03-10T18:29:59Z', false], // 23:59:59 in Kolkata
  ['2026-03-10', '2026-03-10T18:30:00Z', true], // midnight in Kolkata
  ['2026-03-11', '2026-03-10T18:30:00Z', false],
  [null, '2026-03-10T18:30:00Z', false],
  ['', '2026-03-10T18:30:00Z', false],
  [undefined, '2026-03-10T18:30:00Z', false],
])('last day %s at %s: expired %s', (expiryDate, at, expired) => {
  expect(hasExpired({ expiryDate }, dayIn('Asia/Kolkata', Date.parse(at)))).toBe(expired);
});

it('goes by the zone of the institute', () => {
  const at = Date.parse('2026-03-10T18:30:00Z');
  expect(hasExpired({ expiryDate: '2026-03-10' }, dayIn('Europe/London', at))).toBe(false);
});
