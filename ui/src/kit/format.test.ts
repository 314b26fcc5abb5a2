import { describe, expect, it } from 'vitest';
import { dayIn, hourIn } from './clock.ts';
import { bytes, calendarDay, dayOf, found, lastDay, momentOf, plural, timeOf } from './format.ts';

describe('bytes', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [1023, '1,023 bytes'],
    [1024, '1 KB'],
    [840_000, '820 KB'],
    [1_048_300, '1 MB'],
    [2_516_582, '2.4 MB'],
    [52_428_800, '50 MB'],
    [3_221_225_472, '3 GB'],
  ])('%i -> %s', (size, text) => expect(bytes(size)).toBe(text));
});

describe('found', () => {
  it.each([
    [{ total: 1 }, '1 student'],
    [{ total: 2000 }, '2,000 students'],
    [{ total: 2000, more: true }, 'More than 2,000 students: another word finds fewer'],
  ])('%j', (list, text) => expect(found(list, 'student')).toBe(text));
});

describe('dates', () => {
  const kolkata = 'Asia/Kolkata';
  const at = Date.parse('2026-03-10T20:00:00Z'); // 11 March, 01:30 in Kolkata

  it('takes the day of the institute, not of the phone', () => {
    expect(dayIn(kolkata, at)).toBe('2026-03-11');
    expect(dayIn('UTC', at)).toBe('2026-03-10');
    expect(hourIn(kolkata, at)).toBe(1);
    expect(hourIn(kolkata, Date.parse('2026-03-10T18:40:00Z'))).toBe(0);
  });

  it.each([
    ['2026-03-10T19:00:00Z', 'today, 00:30'],
    ['2026-03-09T18:00:00Z', '9 Mar 2026, 23:30'],
    ['nonsense', ''],
  ])('says the minute of %s', (iso, text) => expect(momentOf(iso, kolkata, at)).toBe(text));

  it.each([
    ['2026-03-10T19:00:00Z', 'today, 00:30'],
    ['2026-03-10T09:02:00Z', 'yesterday, 14:32'],
    ['2026-03-08T09:00:00Z', '8 Mar 2026'],
    ['not a date', ''],
  ])('%s -> %s', (iso, text) => expect(dayOf(iso, kolkata, at)).toBe(text));

  it('writes times with 24 hours', () => expect(timeOf(Date.parse('2026-03-10T09:02:00Z'), kolkata)).toBe('14:32'));

  it.each([
    ['2026-03-11', 'Last day today'],
    ['2026-03-12', 'Until tomorrow'],
    ['2026-03-15', 'For 4 more days'],
    ['2026-05-05', 'Until 5 May 2026'],
    ['2026-03-01', 'Until 1 Mar 2026'],
  ])('last day %s -> %s', (expiry, text) => expect(lastDay(expiry, '2026-03-11')).toBe(text));

  it('leaves alone what is not a day', () => expect(calendarDay('soon')).toBe('soon'));
});

describe('plural', () => {
  it.each([
    [0, '0 students'],
    [1, '1 student'],
    [1200, '1,200 students'],
  ])('%i -> %s', (count, text) => expect(plural(count, 'student')).toBe(text));
});
