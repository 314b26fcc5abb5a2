import { expect, it } from 'vitest';
import { check } from './password-rules.ts';

it.each([
  [{ currentPassword: 'old one', newPassword: 'new one', confirmPassword: 'new one' }, []],
  [{ currentPassword: '', newPassword: '', confirmPassword: '' }, ['currentPassword', 'newPassword']],
  [{ currentPassword: 'same', newPassword: 'same', confirmPassword: 'same' }, ['newPassword']],
  [{ currentPassword: 'old', newPassword: 'new', confirmPassword: 'other' }, ['confirmPassword']],
])('%o: %o', (change, fields) => expect(Object.keys(check(change))).toEqual(fields));
