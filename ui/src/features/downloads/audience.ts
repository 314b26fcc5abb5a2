/** Whom material is for: as a person picks it in the form, and as the wire wants it. Pure. */
import type { Audience, Course, ManagedDownload, Role, SpecificTargets } from '../../kit/wire.ts';
import type { AudienceQuestion } from './queries.ts';

/** `as_is`: an audience this form cannot show; it is left alone. */
export type Choice = Audience | 'as_is';

export interface Picked {
  choice: Choice;
  /** Faculty as well, besides the students picked. */
  alsoFaculty: boolean;
  courses: string[];
  semesters: number[];
  years: number[];
  students: { _id: string; name: string }[];
}

export const nobodyYet: Picked = { choice: 'students', alsoFaculty: false, courses: [], semesters: [], years: [], students: [] };

export const choices: [Audience, string][] = [
  ['specific_course_semester', 'A course and semester'],
  ['specific_course', 'A whole course'],
  ['specific_semester', 'A semester of all courses'],
  ['specific_year', 'An admission year'],
  ['specific_students', 'Particular students'],
  ['students', 'All students'],
  ['faculty', 'All faculty'],
  ['all', 'Everybody'],
];

const forFaculty = new Set<Audience>(['specific_course_semester', 'specific_course', 'specific_students']);

export const choicesFor = (role: Role): [Audience, string][] => (role === 'admin' ? choices : choices.filter(([choice]) => forFaculty.has(choice)));

export const needsCourses = (choice: Choice): boolean => choice === 'specific_course' || choice === 'specific_course_semester';
export const needsSemesters = (choice: Choice): boolean => choice === 'specific_semester' || choice === 'specific_course_semester';
export const canAddFaculty = (choice: Choice): boolean => choice !== 'all' && choice !== 'faculty' && choice !== 'as_is';

/** What is still missing, as a sentence; null when the audience is complete. */
export function missing(picked: Picked): string | null {
  if (needsCourses(picked.choice) && picked.courses.length === 0) return 'Pick at least one course.';
  if (needsSemesters(picked.choice) && picked.semesters.length === 0) return 'Pick at least one semester.';
  if (picked.choice === 'specific_year' && picked.years.length === 0) return 'Pick at least one year.';
  if (picked.choice === 'specific_students' && picked.students.length === 0) return 'Pick at least one student.';
  return null;
}

export interface WireAudience {
  targetAudience: Audience[];
  specificTargets: SpecificTargets;
}

export function toWire(picked: Picked, before: WireAudience | null): WireAudience {
  const { choice } = picked;
  if (choice === 'as_is') return before ?? toWire(nobodyYet, null);
  return {
    targetAudience: picked.alsoFaculty && canAddFaculty(choice) ? [choice, 'faculty'] : [choice],
    specificTargets: {
      courses: needsCourses(choice) ? picked.courses : [],
      semesters: needsSemesters(choice) ? picked.semesters : [],
      years: choice === 'specific_year' ? picked.years : [],
      students: choice === 'specific_students' ? picked.students.map(({ _id }) => _id) : [],
    },
  };
}

/** The form for an existing audience. Combinations the form has no words for are kept as they are. */
export function fromWire({ targetAudience, specificTargets, chosenStudents }: WireAudience & Pick<ManagedDownload, 'chosenStudents'>): Picked {
  const names = new Map(chosenStudents.map(({ _id, fullName }) => [_id, fullName]));
  const main = targetAudience.filter((audience) => audience !== 'faculty');
  const alsoFaculty = main.length > 0 && targetAudience.includes('faculty');
  const choice = main.length === 0 ? targetAudience[0] : main[0];
  const isKnown = main.length <= 1 && choice !== undefined && choices.some(([known]) => known === choice) && !(choice === 'all' && alsoFaculty);
  return {
    choice: isKnown ? choice : 'as_is',
    alsoFaculty: isKnown && alsoFaculty,
    courses: specificTargets.courses,
    semesters: specificTargets.semesters,
    years: specificTargets.years,
    // Somebody without a name has left the institute's records since.
    students: specificTargets.students.map((_id) => ({ _id, name: names.get(_id) ?? 'A student who has left' })),
  };
}

export function question({ targetAudience, specificTargets }: WireAudience): AudienceQuestion {
  return {
    targetAudience: targetAudience.join(','),
    courses: specificTargets.courses.join(','),
    semesters: specificTargets.semesters.join(','),
    years: specificTargets.years.join(','),
    students: specificTargets.students.join(','),
  };
}

/** The semesters to choose from: as many as the longest of the picked courses has. */
export function semestersOf(courses: Pick<Course, '_id' | 'semesters'>[], picked: Picked): number[] {
  const relevant = needsCourses(picked.choice) && picked.courses.length > 0 ? courses.filter(({ _id }) => picked.courses.includes(_id)) : courses;
  const most = Math.max(0, ...relevant.map(({ semesters }) => semesters));
  return Array.from({ length: most === 0 ? 8 : most }, (_, index) => index + 1);
}

/** Admission years to choose from: this one and the six before it. */
export const recentYears = (thisYear: number): number[] => Array.from({ length: 7 }, (_, index) => thisYear - index);

export const audienceOf = (item: ManagedDownload): WireAudience => ({ targetAudience: item.targetAudience, specificTargets: item.specificTargets });
