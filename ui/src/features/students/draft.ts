/** What the office writes about a student, and how it goes to the server. Pure. */
import type { StudentForm, StudentRow } from '../../kit/wire.ts';

export const labels = {
  firstName: 'First name',
  lastName: 'Last name',
  courseEnrolled: 'Course',
  semester: 'Semester',
  admissionYear: 'Year of admission',
  academicStatus: 'Status',
  personalEmail: 'Email',
  mobileNumber: 'Mobile number',
  gender: 'Gender',
  dateOfBirth: 'Date of birth',
  contactNumber: 'Another number',
  alternateContact: 'Number in an emergency',
  fatherName: 'Father',
  fatherMobile: 'Father’s number',
  motherName: 'Mother',
  motherMobile: 'Mother’s number',
  address: 'Address',
  guardianDetails: 'Guardian',
  notes: 'Notes of the office',
  isActive: 'May sign in',
} as const;

export type Field = keyof typeof labels;
export type Draft = Record<Field, string>;

export const fields = Object.keys(labels) as Field[];
export const statuses = ['Active', 'On Leave', 'Suspended', 'Completed', 'Discontinued'];
export const genders = ['Female', 'Male', 'Other'];

export function blank(year: number): Draft {
  const empty = Object.fromEntries(fields.map((field) => [field, ''])) as Draft;
  return { ...empty, semester: '1', admissionYear: String(year), academicStatus: 'Active', isActive: 'true' };
}

export function draftOf(student: StudentRow): Draft {
  const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '');
  const said = student as Record<string, unknown>;
  const draft = Object.fromEntries(fields.map((field) => [field, text(said[field])])) as Draft;
  return { ...draft, courseEnrolled: student.courseEnrolled?._id ?? '', admissionYear: String(student.batchYear) };
}

export type Problems = Partial<Record<Field, string>>;

/** What can be said before asking the server; its own rules come on top. */
export function problemsOf(draft: Draft, isNew: boolean): Problems {
  const problems: Problems = {};
  if (draft.firstName.trim() === '') problems.firstName = 'Give a first name.';
  if (draft.courseEnrolled === '') problems.courseEnrolled = 'Choose the course.';
  if (isNew && draft.personalEmail.trim() === '') problems.personalEmail = 'Give a mail address.';
  if (isNew && draft.mobileNumber.trim() === '') problems.mobileNumber = 'Give a mobile number.';
  return problems;
}

/** The fields that were changed, as the server takes them: an empty text clears. */
export function changes(draft: Draft, base: Draft): StudentForm {
  const changed = fields.filter((field) => draft[field].trim() !== base[field]);
  return Object.fromEntries(changed.map((field) => [field, field === 'isActive' ? draft.isActive === 'true' : draft[field].trim()]));
}

/** A value as people read it. */
export const inWords = (field: Field, value: string, courses: ReadonlyMap<string, string>): string => {
  if (field === 'courseEnrolled') return courses.get(value) ?? '';
  return field === 'isActive' ? (value === 'true' ? 'yes' : 'no') : value;
};
