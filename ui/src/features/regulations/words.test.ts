import { expect, it } from 'vitest';
import { inWords, percentage } from './words.ts';

it.each([
  ['80', 80], [' 75 % ', 75], ['0', 0], ['100', 100],
  ['101', null], ['', null], ['7.5', null], ['-1', null], ['eighty', null],
])('%j is %j', (text, value) => expect(percentage(text)).toBe(value));

it('says that there is no limit', () => {
  expect(inWords(null)).toBe('No limit');
  expect(inWords(0)).toBe('0 %');
});
