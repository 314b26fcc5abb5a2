import { expect, it } from 'vitest';
import { inWords, valueInWords } from './words.ts';

it.each([['password_changed', 'password changed'], ['contactNumber', 'contact number'], ['created', 'created']])('%s is read as %s', (name, words) => expect(inWords(name)).toBe(words));

it.each([[null, 'nothing'], ['', 'nothing'], [0, '0'], [false, 'no'], ['GNM', 'GNM'], [['a'], '["a"]']])('%j is read as %s', (value, words) => expect(valueInWords(value)).toBe(words));
