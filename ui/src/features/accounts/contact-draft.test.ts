import { expect, it } from 'vitest';
import { changes, type Draft } from './contact-draft.ts';

it('sends what a student changed, and what they emptied', () => {
  const base: Draft = { contactNumber: '9847012345', alternateContact: '', address: 'Kochi', guardianDetails: 'Uncle' };
  expect(changes(base, base)).toEqual({});
  expect(changes({ ...base, contactNumber: ' 9847054321 ', guardianDetails: ' ' }, base)).toEqual({ contactNumber: '9847054321', guardianDetails: '' });
});
