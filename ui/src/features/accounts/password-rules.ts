import type { PasswordChange } from '../../kit/wire.ts';

export type PasswordProblems = Partial<Record<keyof PasswordChange, string>>;

/** What can be said before asking the server; its own rules come on top. */
export function check(change: PasswordChange): PasswordProblems {
  const problems: PasswordProblems = {};
  if (change.currentPassword === '') problems.currentPassword = 'Write the password you use now.';
  if (change.newPassword === '') problems.newPassword = 'Write a new password.';
  else if (change.newPassword === change.currentPassword) problems.newPassword = 'The new password is the same as the old one.';
  if (change.confirmPassword !== change.newPassword) problems.confirmPassword = 'This is not the same as the new password.';
  return problems;
}
