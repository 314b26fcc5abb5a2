import { expect, it } from 'vitest';
import { amountOf, blankSubject, curriculumChanges, curriculumInWords, curriculumOf, curriculumProblems, firstOf, subjectsField, totalOf, writeRows } from './curriculum.ts';

const base = curriculumOf({
  subjects: [
    { semester: 2, subjectName: 'Pharmacology', subjectCode: 'N2', credits: null, theoryHours: 40, practicalHours: null },
    { semester: 1, subjectName: 'Anatomy', subjectCode: '', credits: 4, theoryHours: null, practicalHours: null },
  ],
});

it('sends nothing when nothing was changed, and a part as a whole when it was', () => {
  expect(curriculumChanges(base, base)).toEqual({});
  const draft = { ...base, [subjectsField(1)]: writeRows([{ ...blankSubject, subjectName: ' Anatomy ' }]) };
  expect(curriculumChanges(draft, base)).toEqual({
    subjects: [
      { semester: 1, subjectName: 'Anatomy', subjectCode: '', credits: null, theoryHours: null, practicalHours: null },
      { semester: 2, subjectName: 'Pharmacology', subjectCode: 'N2', credits: null, theoryHours: 40, practicalHours: null },
    ],
  });
  const fees = { ...base, tuitionFee: '45,000', examFee: '500.50', installments: writeRows([{ label: 'First', amount: '45000', dueDate: '' }]) };
  expect(totalOf(fees)).toBe(45500.5);
  expect(curriculumChanges(fees, base)).toEqual({ feesStructure: { tuitionFee: 45000, hostelFee: 0, libraryFee: 0, labFee: 0, examFee: 500.5, otherCharges: 0, installmentPlan: [{ installmentNo: 1, label: 'First', amount: 45000, dueDate: null }] } });
});

it('names what is wrong as the server does', () => {
  const draft = { ...base, [subjectsField(2)]: writeRows([{ ...blankSubject, credits: 'x' }]), labFee: '-1', installments: writeRows([{ label: '', amount: '', dueDate: '' }]) };
  expect(firstOf(draft, 2)).toBe(1);
  expect(Object.keys(curriculumProblems(draft))).toEqual(['subjects[1].subjectName', 'subjects[1].credits', 'feesStructure.labFee', 'feesStructure.installmentPlan[0].amount']);
});

it('reads amounts as people write them', () => {
  expect(['1', '45,000', '₹ 1,20,000.50', '', '-1', '1.234', 'x'].map(amountOf)).toEqual([1, 45000, 120000.5, null, null, null, null]);
});

it('says in words what a semester has', () => {
  expect(curriculumInWords(subjectsField(2), base[subjectsField(2)] ?? '')).toBe('Pharmacology');
});
