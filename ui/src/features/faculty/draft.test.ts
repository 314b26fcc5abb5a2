import { expect, it } from 'vitest';
import type { Course, FacultyMember } from '../../kit/wire.ts';
import { blank, changes, draftOf, inWords, passwordFrom, problemsOf, read, taughtField, write } from './draft.ts';

const courses = ['c1', 'c2'].map((_id) => ({ _id, courseCode: _id.toUpperCase() })) as Course[];
const member = {
  fullName: 'Leela', email: 'l@x.example', designation: 'Lecturer', department: 'Anatomy', contactNumber: '', facultyId: 'FAC001', username: 'leela', qualification: '', specialization: '', experience: '', dateOfJoining: null, isActive: true,
  teaches: [{ course: { _id: 'c1', courseCode: 'C1', courseName: 'One' }, subjects: [] }],
} as unknown as FacultyMember;

it('writes what is taught as it reads it', () => {
  for (const subjects of ['none', 'all', [], ['Anatomy', 'Physiology']] as const) expect(read(write(subjects))).toEqual(subjects);
});

it('asks for what is needed, and for a subject when only some are taught', () => {
  expect(Object.keys(problemsOf(blank(courses, 'x'), true))).toEqual(['fullName', 'email', 'designation', 'department']);
  const draft = { ...draftOf(member, courses), [taughtField('c2')]: write([]) };
  expect(Object.keys(problemsOf(draft, false))).toEqual([taughtField('c2')]);
});

it('sends what was changed, and what is taught as a whole', () => {
  const base = draftOf(member, courses);
  expect(changes(base, base)).toEqual({});
  expect(changes({ ...base, department: ' Surgery ', isActive: 'false' }, base)).toEqual({ department: 'Surgery', isActive: false });
  expect(changes({ ...base, [taughtField('c2')]: write(['Surgery']) }, base)).toEqual({ teaches: [{ course: 'c1', subjects: [] }, { course: 'c2', subjects: ['Surgery'] }] });
  expect(changes({ ...base, [taughtField('c1')]: '' }, base)).toEqual({ teaches: [] });
});

it('says in words what is taught', () => {
  expect(inWords(taughtField('c1'), write('all'))).toBe('all subjects');
  expect(inWords(taughtField('c1'), write(['B', 'A']))).toBe('A, B');
});

it('makes passwords of twelve letters, whatever chance says', () => {
  expect(passwordFrom(Uint8Array.from({ length: 24 }, (_, index) => (index % 2 === 0 ? 31 : 32)))).toBe('aaaa-aaaa-aaaa');
});
