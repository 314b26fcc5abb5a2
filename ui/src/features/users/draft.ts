/** What the office writes about an account, and how it goes to the server. Pure. */
import type { ManagedUser, UserForm } from '../../kit/wire.ts';

export const labels = { fullName: 'Name', role: 'Role', username: 'User name', email: 'Email', contactNumber: 'Telephone', designation: 'Designation', department: 'Department' } as const;

export type Field = keyof typeof labels;
export type Draft = Record<Field, string>;
export type Problems = Partial<Record<Field, string>>;

export const fields = Object.keys(labels) as Field[];
export const roles: Record<string, string> = { faculty: 'Faculty', admin: 'Office', student: 'Student' };

export const blank: Draft = { fullName: '', role: 'faculty', username: '', email: '', contactNumber: '', designation: '', department: '' };

export function draftOf({ role, username, email, profile }: ManagedUser): Draft {
  return { fullName: profile.fullName, role, username, email, contactNumber: profile.contactNumber ?? '', designation: profile.designation ?? '', department: profile.department ?? '' };
}

export function problemsOf(draft: Draft): Problems {
  const problems: Problems = {};
  if (draft.fullName.trim() === '') problems.fullName = 'Write the name.';
  if (draft.username.trim() === '') problems.username = 'Write the name to sign in with.';
  if (draft.email.trim() === '') problems.email = 'Write the email address.';
  return problems;
}

/** What differs from what is stored. */
export const changes = (draft: Draft, base: Draft): UserForm => Object.fromEntries(fields.filter((field) => draft[field].trim() !== base[field]).map((field) => [field, draft[field].trim()]));
