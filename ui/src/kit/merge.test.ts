import { expect, it } from 'vitest';
import { merge } from './merge.ts';

const base = { name: 'Asha', semester: '1', notes: '' };

it('keeps what each changed alone', () => {
  const { draft, taken, both } = merge(base, { ...base, notes: 'Moved.' }, { ...base, semester: '2' });
  expect(draft).toEqual({ name: 'Asha', semester: '2', notes: 'Moved.' });
  expect(taken).toEqual(['semester']);
  expect(both).toEqual([]);
});

it('asks where both changed the same, and keeps mine until then', () => {
  const { draft, both, taken } = merge(base, { ...base, semester: '3' }, { ...base, semester: '2' });
  expect(draft.semester).toBe('3');
  expect(both).toEqual(['semester']);
  expect(taken).toEqual([]);
});

it('does not ask when both wrote the same', () => {
  expect(merge(base, { ...base, semester: '2' }, { ...base, semester: '2' })).toMatchObject({ both: [], taken: [] });
});
