import { describe, expect, it } from 'vitest';
import { blankDraft, fileProblem, hasProblems, problemsOf, titleFrom, toMetadata } from './draft.ts';

const rules = { acceptedExtensions: ['.pdf', '.DOCX'], uploadLimitBytes: 25 * 1024 * 1024 };

describe('fileProblem', () => {
  it.each([
    ['notes.pdf', 1000, null],
    ['NOTES.PDF', 1000, null],
    ['notes.docx', 1000, null],
    ['notes.pdf', 0, 'This file is empty.'],
    ['notes.pdf', 30 * 1024 * 1024, 'This file has 30 MB. At most 25 MB can be uploaded.'],
    ['notes.exe', 1000, 'This kind of file cannot be uploaded. These can: .pdf, .docx'],
    ['notes', 1000, 'This kind of file cannot be uploaded. These can: .pdf, .docx'],
  ])('%s of %i: %s', (name, size, problem) => expect(fileProblem({ name, size }, rules)).toBe(problem));
});

it.each([
  ['anatomy_notes-unit_2.pdf', 'Anatomy notes unit 2'],
  ['2024-25 timetable.xlsx', '2024-25 timetable'],
  ['Hall ticket.v2.pdf', 'Hall ticket.v2'],
])('%s is called %s', (name, title) => expect(titleFrom(name)).toBe(title));

describe('problemsOf', () => {
  it('asks for a title, a kind and an audience', () => {
    expect(Object.keys(problemsOf(blankDraft('faculty'), '2026-03-11'))).toEqual(['title', 'category', 'audience']);
  });

  it('accepts today as a last day, not yesterday', () => {
    const draft = { ...blankDraft('admin'), title: 'T', category: 'Notes', audience: { ...blankDraft('admin').audience, choice: 'students' as const } };
    expect(hasProblems(problemsOf({ ...draft, expiryDate: '2026-03-11' }, '2026-03-11'))).toBe(false);
    expect(problemsOf({ ...draft, expiryDate: '2026-03-10' }, '2026-03-11').expiryDate).toBeDefined();
  });
});

it('sends tidy text', () => {
  const metadata = toMetadata({ ...blankDraft('admin'), title: '  Heart ', tags: ' heart, , valves,' , audience: { ...blankDraft('admin').audience, choice: 'students' } }, null);
  expect(metadata).toMatchObject({ title: 'Heart', tags: 'heart,valves', targetAudience: 'students' });
  expect(JSON.parse(metadata.specificTargets)).toEqual({ courses: [], students: [], years: [], semesters: [] });
});
