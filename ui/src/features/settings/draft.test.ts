import { expect, it } from 'vitest';
import { changes, draftOf, inWords, labelOf, type Groups } from './draft.ts';

const groups: Groups = { general: { instituteName: 'St. Anne', academicYear: 2026 }, security: { sslEnforced: false, maxFileSize: 50 }, backup: { lastBackup: null } };

it('sends what was changed as the kind of value it was', () => {
  const base = draftOf(groups);
  expect(changes(base, base, groups)).toEqual({});
  expect(changes({ ...base, 'general.instituteName': ' St. Mary ', 'security.sslEnforced': 'true', 'security.maxFileSize': '20' }, base, groups)).toEqual({ general: { instituteName: 'St. Mary' }, security: { sslEnforced: true, maxFileSize: 20 } });
});

it('sends what is no number as it was written: the server says what is wrong', () => {
  expect(changes({ ...draftOf(groups), 'security.maxFileSize': 'many' }, draftOf(groups), groups)).toEqual({ security: { maxFileSize: 'many' } });
  expect(changes({ ...draftOf(groups), 'security.maxFileSize': '' }, draftOf(groups), groups)).toEqual({ security: { maxFileSize: '' } });
});

it('has a name for every field', () => {
  expect(labelOf('security.maxFileSize')).toBe('Largest file, in MB');
  expect(labelOf('security.passwordExpiryDays')).toBe('Password expiry days');
  expect(inWords(groups, 'security.sslEnforced', 'true')).toBe('yes');
});
