/** What the office writes about a course, and how it goes to the server. Pure. */
import type { Course, CourseForm } from '../../kit/wire.ts';

export const labels = { courseCode: 'Code', courseName: 'Name', duration: 'Duration', semesters: 'Semesters', seatsAvailable: 'Seats', description: 'Description', eligibility: 'Who may apply', careerOpportunities: 'What one can become' } as const;

export type Field = keyof typeof labels;
export type Draft = Record<Field, string>;
export type Problems = Partial<Record<Field, string>>;

export const fields = Object.keys(labels) as Field[];
export const blank: Draft = { courseCode: '', courseName: '', duration: '', semesters: '', seatsAvailable: '', description: '', eligibility: '', careerOpportunities: '' };

const lines = (text: string): string[] => text.split('\n').map((line) => line.trim()).filter((line) => line !== '');

export function draftOf(course: Course): Draft {
  const { courseCode, courseName, duration, semesters, seatsAvailable, description, eligibility, careerOpportunities } = course;
  return { courseCode, courseName, duration, semesters: String(semesters), seatsAvailable: String(seatsAvailable), description, eligibility: eligibility.join('\n'), careerOpportunities: careerOpportunities.join('\n') };
}

const isWhole = (text: string): boolean => /^\d+$/.test(text.trim());

export function problemsOf(draft: Draft): Problems {
  const problems: Problems = {};
  if (draft.courseCode.trim() === '') problems.courseCode = 'Write the code, such as GNM.';
  if (draft.courseName.trim() === '') problems.courseName = 'Write the name.';
  if (draft.duration.trim() === '') problems.duration = 'Write how long it is, such as 3 Years.';
  if (draft.semesters.trim() !== '' && !isWhole(draft.semesters)) problems.semesters = 'Write a whole number.';
  if (draft.description.trim() === '') problems.description = 'Write a sentence or two.';
  if (!isWhole(draft.seatsAvailable)) problems.seatsAvailable = 'Write a whole number.';
  return problems;
}

/** What differs from what is stored. */
export function changes(draft: Draft, base: Draft): CourseForm {
  const value = (field: Field): string | number | string[] => {
    if (field === 'semesters' || field === 'seatsAvailable') return Number(draft[field]);
    return field === 'eligibility' || field === 'careerOpportunities' ? lines(draft[field]) : draft[field].trim();
  };
  return Object.fromEntries(fields.filter((field) => draft[field].trim() !== base[field]).map((field) => [field, value(field)]));
}
