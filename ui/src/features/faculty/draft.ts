/** What the office writes about a faculty member, and how it goes to the server. Pure. */
import type { Course, FacultyForm, FacultyMember } from '../../kit/wire.ts';

export const labels = {
  fullName: 'Name',
  email: 'Email',
  designation: 'Designation',
  department: 'Department',
  contactNumber: 'Telephone',
  facultyId: 'Faculty number',
  username: 'User name',
  password: 'First password',
  qualification: 'Qualification',
  specialization: 'Specialisation',
  experience: 'Experience',
  dateOfJoining: 'Here since',
  isActive: 'May sign in',
} as const;

export type Field = keyof typeof labels;
/** A course that may be taught: each is a field of its own, so that two who change different courses don't meet. */
type Taught = `teaches:${string}`;
export type AnyField = Field | Taught;
export type Draft = Record<AnyField, string>;
export type Problems = Record<string, string>;

export const fields = Object.keys(labels) as Field[];
export const taughtField = (course: string): Taught => `teaches:${course}`;
const isTaught = (field: string): field is Taught => field.startsWith('teaches:');
const courseOf = (field: Taught): string => field.slice('teaches:'.length);

/** Which subjects of a course somebody teaches: none of it, all of them, or those that are named. */
export type Subjects = 'none' | 'all' | readonly string[];

export function write(subjects: Subjects): string {
  if (subjects === 'none') return '';
  return subjects === 'all' ? '*' : ['only', ...[...subjects].sort()].join('\n');
}

export function read(text: string | undefined): Subjects {
  if (text === undefined || text === '') return 'none';
  return text === '*' ? 'all' : text.split('\n').slice(1);
}

const nothing = (courses: readonly Course[]) => Object.fromEntries(courses.map(({ _id }) => [taughtField(_id), ''])) as Record<Taught, string>;

export function blank(courses: readonly Course[], password: string): Draft {
  return { ...(Object.fromEntries(fields.map((field) => [field, ''])) as Record<Field, string>), ...nothing(courses), password, isActive: 'true' };
}

export function draftOf(member: FacultyMember, courses: readonly Course[]): Draft {
  const { fullName, email, designation, department, contactNumber, facultyId, username, qualification, specialization, experience } = member;
  const taught = member.teaches.flatMap(({ course, subjects }) => (course === null ? [] : [[taughtField(course._id), write(subjects.length === 0 ? 'all' : subjects)]]));
  return {
    fullName, email, designation, department, contactNumber, facultyId, username, qualification, specialization, experience,
    password: '',
    dateOfJoining: member.dateOfJoining ?? '',
    isActive: String(member.isActive),
    ...nothing(courses),
    ...(Object.fromEntries(taught) as Record<Taught, string>),
  };
}

export function problemsOf(draft: Draft, isNew: boolean): Problems {
  const problems: Problems = {};
  if (draft.fullName.trim() === '') problems.fullName = 'Write the name.';
  if (draft.email.trim() === '') problems.email = 'Write the email address.';
  if (draft.designation.trim() === '') problems.designation = 'Write what they are, such as Lecturer.';
  if (draft.department.trim() === '') problems.department = 'Write the department.';
  if (isNew && draft.password.trim() === '') problems.password = 'Give them a first password.';
  if (!isNew && draft.facultyId.trim() === '') problems.facultyId = 'Write the number.';
  for (const [field, value] of Object.entries(draft)) {
    if (isTaught(field) && read(value).length === 0) problems[field] = 'Name a subject, or choose all of them.';
  }
  return problems;
}

/** What differs from what is stored. What is taught goes as a whole: what others did to it is in the draft already. */
export function changes(draft: Draft, base: Draft): FacultyForm {
  const plain = fields.filter((field) => draft[field].trim() !== base[field]);
  const form: FacultyForm = Object.fromEntries(plain.map((field) => [field, field === 'isActive' ? draft.isActive === 'true' : draft[field].trim()]));
  const taught = Object.keys(draft).filter(isTaught);
  if (taught.every((field) => draft[field] === (base[field] ?? ''))) return form;
  const teaches = taught.flatMap((field) => {
    const subjects = read(draft[field]);
    return subjects === 'none' ? [] : [{ course: courseOf(field), subjects: subjects === 'all' ? [] : [...subjects] }];
  });
  return { ...form, teaches };
}

export const labelOf = (field: AnyField, courses: ReadonlyMap<string, string>): string => (isTaught(field) ? `Teaches ${courses.get(courseOf(field)) ?? 'a course'}` : labels[field]);

/** A value as people read it. */
export function inWords(field: AnyField, value: string): string {
  if (field === 'isActive') return value === 'true' ? 'yes' : 'no';
  if (!isTaught(field)) return value;
  const subjects = read(value);
  if (subjects === 'none') return 'no';
  return subjects === 'all' ? 'all subjects' : subjects.join(', ');
}

const letters = 'abcdefghjkmnpqrstuvwxyz23456789';

/** A password that is to be told to somebody: three groups of four, nothing that looks like something else on paper. */
export function passwordFrom(chance: Uint8Array): string {
  // Five bits each; the one that is beyond the letters is passed over, so that all are as likely.
  const drawn = [...chance].map((byte) => letters.charAt(byte & 31)).filter((letter) => letter !== '').slice(0, 12);
  return [0, 4, 8].map((from) => drawn.slice(from, from + 4).join('')).join('-');
}
