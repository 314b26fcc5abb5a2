import { describe, expect, it } from 'vitest';
import type { Notification } from '../../kit/wire.ts';
import { apply, flatten, isToldByItsPage, type Pages } from './cache.ts';

const document = (_id: string): Notification => ({ _id, title: `Title ${_id}`, message: '', type: 'info', category: 'General', priority: 'medium', createdAt: '2026-11-24T08:00:00Z' });

/** Of a page of two with so many in all; `c` has been read. */
const list = (total = 2, unread = 1): Pages => ({
  pageParams: [1],
  pages: [{
    notifications: [{ ...document('b'), read: false, readBy: [] }, { ...document('c'), read: true, readBy: [] }],
    unread,
    pagination: { page: 1, limit: 2, total, pages: Math.ceil(total / 2) },
  }],
});

const unreadOf = (data: Pages) => data.pages[0]?.unread;
const ids = (data: Pages) => flatten(data).map(({ _id }) => _id);

describe('one that comes', () => {
  it('is on top and counts', () => {
    const { data } = apply(list(), { type: 'created', document: document('a') });
    expect(ids(data)).toEqual(['a', 'b', 'c']);
    expect(unreadOf(data)).toBe(2);
    expect(data.pages[0]?.pagination.total).toBe(3);
  });

  it('counts once when it is heard twice', () => {
    const { data } = apply(list(), { type: 'created', document: document('b') });
    expect(ids(data)).toEqual(['b', 'c']);
    expect(unreadOf(data)).toBe(1);
  });
});

it('takes in a changed text and does not forget what was read', () => {
  const { data } = apply(list(), { type: 'updated', document: { ...document('c'), title: 'Other words' } });
  expect(flatten(data)[1]).toMatchObject({ title: 'Other words', read: true });
});

describe('one that is taken back', () => {
  it.each([['b', 0], ['c', 1]])('%s leaves %i unread', (_id, unread) => {
    const { data } = apply(list(), { type: 'deleted', _id });
    expect(ids(data)).not.toContain(_id);
    expect(unreadOf(data)).toBe(unread);
  });

  it('is asked for when it is in a part that is not loaded', () => {
    expect(apply(list(9), { type: 'deleted', _id: 'z' })).toEqual({ data: list(9), shifted: true });
    expect(apply(list(2), { type: 'deleted', _id: 'z' }).shifted).toBe(false);
  });
});

describe('reading', () => {
  it('marks one and counts down, once', () => {
    const once = apply(list(), { type: 'read', _id: 'b' }).data;
    expect(unreadOf(once)).toBe(0);
    expect(unreadOf(apply(once, { type: 'read', _id: 'b' }).data)).toBe(0);
    expect(flatten(once).every(({ read }) => read)).toBe(true);
  });

  it('believes the count of the server, also about what is not loaded', () => {
    expect(unreadOf(apply(list(9, 5), { type: 'read', _id: 'z', unread: 4 }).data)).toBe(4);
  });

  it('marks all', () => {
    const { data } = apply(list(9, 5), { type: 'read', _id: null });
    expect(unreadOf(data)).toBe(0);
    expect(flatten(data).every(({ read }) => read)).toBe(true);
  });
});

it('tells nothing twice: marks bring a toast of their own, what the office writes about them does not', () => {
  const ofMarks: Notification = { ...document('a'), category: 'Result', actionUrl: '/marks' };
  expect(isToldByItsPage(ofMarks)).toBe(true);
  expect(isToldByItsPage({ ...ofMarks, sender: { username: 'office', fullName: 'Office' } })).toBe(false);
  expect(isToldByItsPage(document('a'))).toBe(false);
});
