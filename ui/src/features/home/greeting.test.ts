import { expect, it } from 'vitest';
import { greeting, shortName } from './greeting.ts';

it.each([
  [0, 'Hello, A'],
  [6, 'Good morning, A'],
  [12, 'Good afternoon, A'],
  [18, 'Good evening, A'],
])('at %i: %s', (hour, text) => expect(greeting(hour, 'A')).toBe(text));

it.each([
  ['Asha Thomas', 'Asha'],
  ['  Asha  ', 'Asha'],
  ['Dr. Leela Nair', 'Dr. Leela Nair'],
  ['Sister Mary', 'Sister Mary'],
])('%s is called %s', (name, called) => expect(shortName(name)).toBe(called));
