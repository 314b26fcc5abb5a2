import { describe, expect, it } from 'vitest';
import type { Audience, SpecificTargets } from '../../kit/wire.ts';
import { choicesFor, fromWire, missing, nobodyYet, question, semestersOf, toWire, type Picked } from './audience.ts';

const none: SpecificTargets = { courses: [], students: [], years: [], semesters: [] };
const full: Picked = { choice: 'all', alsoFaculty: true, courses: ['c'], semesters: [3], years: [2024], students: [{ _id: 's', name: 'S' }] };

describe('toWire', () => {
  it.each<[Audience, Audience[], SpecificTargets]>([
    ['all', ['all'], none],
    ['faculty', ['faculty'], none],
    ['students', ['students', 'faculty'], none],
    ['specific_course', ['specific_course', 'faculty'], { ...none, courses: ['c'] }],
    ['specific_course_semester', ['specific_course_semester', 'faculty'], { ...none, courses: ['c'], semesters: [3] }],
    ['specific_semester', ['specific_semester', 'faculty'], { ...none, semesters: [3] }],
    ['specific_year', ['specific_year', 'faculty'], { ...none, years: [2024] }],
    ['specific_students', ['specific_students', 'faculty'], { ...none, students: ['s'] }],
  ])('%s sends only what belongs to it', (choice, targetAudience, specificTargets) => {
    expect(toWire({ ...full, choice }, null)).toEqual({ targetAudience, specificTargets });
  });

  it('comes back as it went', () => {
    for (const choice of ['specific_course_semester', 'students', 'all'] as const) {
      const wire = toWire({ ...full, choice }, null);
      expect(toWire(fromWire({ ...wire, chosenStudents: [] }), wire)).toEqual(wire);
    }
  });

  it('leaves alone what the form has no words for', () => {
    const wire = { targetAudience: ['specific_course', 'specific_year'] as Audience[], specificTargets: { ...none, courses: ['c'], years: [2024] } };
    const picked = fromWire({ ...wire, chosenStudents: [] });
    expect(picked.choice).toBe('as_is');
    expect(toWire(picked, wire)).toEqual(wire);
  });
});

it('calls chosen students by their names', () => {
  const chosenStudents = [{ _id: 's', studentId: 'GNM2025001', fullName: 'Asha Thomas' }];
  const { students } = fromWire({ targetAudience: ['specific_students'], specificTargets: { ...none, students: ['s', 'gone'] }, chosenStudents });
  expect(students).toEqual([{ _id: 's', name: 'Asha Thomas' }, { _id: 'gone', name: 'A student who has left' }]);
});

it.each<[Partial<Picked>, boolean]>([
  [{ choice: 'students' }, true],
  [{ choice: 'specific_course' }, false],
  [{ choice: 'specific_course', courses: ['c'] }, true],
  [{ choice: 'specific_course_semester', courses: ['c'] }, false],
  [{ choice: 'specific_students' }, false],
  [{ choice: 'specific_year', years: [2024] }, true],
])('%o is complete: %s', (picked, complete) => expect(missing({ ...nobodyYet, ...picked }) === null).toBe(complete));

it('faculty may address their courses and particular students only', () => {
  expect(choicesFor('faculty').map(([choice]) => choice)).toEqual(['specific_course_semester', 'specific_course', 'specific_students']);
  expect(choicesFor('admin')).toHaveLength(8);
});

it('asks with comma lists', () => {
  expect(question(toWire({ ...full, choice: 'specific_course_semester', alsoFaculty: false, courses: ['a', 'b'] }, null)))
    .toEqual({ targetAudience: 'specific_course_semester', courses: 'a,b', semesters: '3', years: '', students: '' });
});

it('offers as many semesters as the picked courses have', () => {
  const course = (_id: string, semesters: number) => ({ _id, semesters });
  const courses = [course('gnm', 6), course('anm', 4)];
  expect(semestersOf(courses, { ...nobodyYet, choice: 'specific_course_semester', courses: ['anm'] })).toEqual([1, 2, 3, 4]);
  expect(semestersOf(courses, { ...nobodyYet, choice: 'specific_semester' })).toHaveLength(6);
  expect(semestersOf([], nobodyYet)).toHaveLength(8);
});
