import { expect, it } from 'vitest';
import { age, counted, database, freshness, peopleOfRole, speed } from './words.ts';

it.each([[0, 'Everybody’s pages are up to date'], [1, '1 event behind'], [1200, '1,200 events behind'], [null, 'Not known at the moment']])('%j behind: %s', (behind, words) => expect(freshness(behind)).toBe(words));

it.each([[0, 'less than a minute'], [60, '1 minute'], [3599, '59 minutes'], [3600, '1 hour'], [47 * 3600, '47 hours'], [48 * 3600, '2 days'], [-5, 'less than a minute']])('%d seconds: %s', (seconds, words) => expect(age(1000, 1000 + seconds * 1000)).toBe(words));

it('counts a role in words', () => {
  expect(peopleOfRole('student', 1)).toBe('1 student');
  expect(peopleOfRole('faculty', 0)).toBe('0 teachers');
});

it('puts reasons together that read the same, the most frequent first', () => {
  expect(counted([{ reason: 'too_slow', count: 2 }, { reason: 'bad_request', count: 2 }, { reason: 'bad_method', count: 3 }, { reason: 'quite_new', count: 1 }])).toEqual([
    { words: 'Not understood', count: 5 },
    { words: 'The device read too slowly', count: 2 },
    { words: 'quite new', count: 1 },
  ]);
});

it('names the database and how fast it is', () => {
  expect(database({ kind: 'embedded', millis: 1, servers: null })).toBe('Embedded, in the server’s folder');
  expect(database({ kind: 'postgresql', millis: 1, servers: 1 })).toBe('PostgreSQL');
  expect(database({ kind: 'postgresql', millis: 1, servers: 3 })).toBe('PostgreSQL, which 3 servers use');
  expect([speed(0.42), speed(1234.5), speed(null)]).toEqual(['in 0.4 ms', 'in 1,235 ms', 'not at all']);
});
