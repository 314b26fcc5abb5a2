import { expect, it } from 'vitest';
import type { StudentRow } from '../../kit/wire.ts';
import { blank, changes, draftOf, inWords, problemsOf } from './draft.ts';

const row = { _id: 's', studentId: 'GNM2025001', firstName: 'Asha', lastName: 'Rao', semester: 3, batchYear: 2025, academicStatus: 'Active', isActive: true, gender: null, courseEnrolled: { _id: 'c', courseCode: 'GNM', courseName: 'General Nursing' } } as unknown as StudentRow;

it('reads a student, and has nothing for what nobody gave', () => {
  expect(draftOf(row)).toMatchObject({ firstName: 'Asha', semester: '3', courseEnrolled: 'c', admissionYear: '2025', isActive: 'true', gender: '', notes: '' });
});

it('sends what was changed and no more', () => {
  const base = draftOf(row);
  expect(changes(base, base)).toEqual({});
  expect(changes({ ...base, semester: '4', lastName: ' ', isActive: 'false' }, base)).toEqual({ semester: '4', lastName: '', isActive: false });
});

it('asks a new student for what is needed, and nobody who is there for what they never gave', () => {
  expect(Object.keys(problemsOf(blank(2026), true))).toEqual(['firstName', 'courseEnrolled', 'personalEmail', 'mobileNumber']);
  expect(problemsOf(draftOf(row), false)).toEqual({});
});

it('says values as people read them', () => {
  const courses = new Map([['c', 'GNM']]);
  expect(inWords('courseEnrolled', 'c', courses)).toBe('GNM');
  expect(inWords('isActive', 'false', courses)).toBe('no');
});
