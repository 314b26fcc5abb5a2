/** The subjects of a course and what it costs, as fields of a form, and how they go to the server. Pure. */
import type { Course, CourseForm } from '../../kit/wire.ts';

/** The subjects of one semester are a field, so that two who change different semesters don't meet. */
export type SubjectsField = `subjects:${number}`;
export type FeeField = (typeof feeFields)[number];
export type CurriculumField = SubjectsField | FeeField | 'installments';
export type Curriculum = Record<CurriculumField, string>;

/** No programme has more. */
const maxSemesters = 12;
export const feeFields = ['tuitionFee', 'hostelFee', 'libraryFee', 'labFee', 'examFee', 'otherCharges'] as const;
export const feeLabels: Record<FeeField, string> = { tuitionFee: 'Tuition', hostelFee: 'Hostel', libraryFee: 'Library', labFee: 'Laboratory', examFee: 'Exams', otherCharges: 'Other charges' };

export const semesters = Array.from({ length: maxSemesters }, (_, index) => index + 1);
export const subjectsField = (semester: number): SubjectsField => `subjects:${semester}`;
export const isCurriculum = (field: string): field is CurriculumField => field.startsWith('subjects:') || field === 'installments' || feeFields.some((fee) => fee === field);

/** A subject as it is typed. */
export interface SubjectRow {
  subjectName: string;
  subjectCode: string;
  credits: string;
  theoryHours: string;
  practicalHours: string;
}

/** A payment as it is typed. */
export interface InstallmentRow {
  label: string;
  amount: string;
  dueDate: string;
}

export const blankSubject: SubjectRow = { subjectName: '', subjectCode: '', credits: '', theoryHours: '', practicalHours: '' };
export const blankInstallment: InstallmentRow = { label: '', amount: '', dueDate: '' };

export const writeRows = (rows: readonly (SubjectRow | InstallmentRow)[]): string => (rows.length === 0 ? '' : JSON.stringify(rows));

function readRows<Row>(text: string | undefined): Row[] {
  return text === undefined || text === '' ? [] : JSON.parse(text) as Row[];
}

export const readSubjects = (text: string | undefined): SubjectRow[] => readRows<SubjectRow>(text);
export const readInstallments = (text: string | undefined): InstallmentRow[] => readRows<InstallmentRow>(text);

const said = (value: number | null | undefined): string => (value == null ? '' : String(value));

export function curriculumOf(course: Pick<Course, 'subjects' | 'feesStructure'> | undefined): Curriculum {
  const fees = course?.feesStructure;
  const subjects = semesters.map((semester): [SubjectsField, string] => [
    subjectsField(semester),
    writeRows((course?.subjects ?? []).filter((one) => one.semester === semester).map(({ subjectName, subjectCode, credits, theoryHours, practicalHours }) => ({ subjectName, subjectCode, credits: said(credits), theoryHours: said(theoryHours), practicalHours: said(practicalHours) }))),
  ]);
  return {
    ...(Object.fromEntries(subjects) as Record<SubjectsField, string>),
    ...(Object.fromEntries(feeFields.map((field) => [field, said(fees?.[field])])) as Record<FeeField, string>),
    installments: writeRows((fees?.installmentPlan ?? []).map(({ label, amount, dueDate }) => ({ label, amount: String(amount), dueDate: dueDate ?? '' }))),
  };
}

/** Amounts are written as people write them: `45,000`. */
export const amountOf = (text: string): number | null => {
  const bare = text.replaceAll(/[,\s₹]/g, '');
  return /^\d+(\.\d{1,2})?$/.test(bare) ? Number(bare) : null;
};

const isWhole = (text: string): boolean => text.trim() === '' || /^\d+$/.test(text.trim());

/** What is wrong, by the name that the server would use for the field. */
export function curriculumProblems(draft: Curriculum): Record<string, string> {
  const problems: Record<string, string> = {};
  let at = 0;
  for (const semester of semesters) {
    for (const row of readSubjects(draft[subjectsField(semester)])) {
      if (row.subjectName.trim() === '') problems[`subjects[${at}].subjectName`] = 'Write the name.';
      for (const field of ['credits', 'theoryHours', 'practicalHours'] as const) if (!isWhole(row[field])) problems[`subjects[${at}].${field}`] = 'Write a whole number.';
      at += 1;
    }
  }
  for (const field of feeFields) if (draft[field].trim() !== '' && amountOf(draft[field]) === null) problems[`feesStructure.${field}`] = 'Write an amount, such as 45000.';
  readInstallments(draft.installments).forEach(({ amount }, index) => {
    if (amountOf(amount) === null) problems[`feesStructure.installmentPlan[${index}].amount`] = 'Write an amount, such as 45000.';
  });
  return problems;
}

/** In which place of the whole list the first subject of a semester stands. */
export const firstOf = (draft: Curriculum, semester: number): number => semesters.filter((one) => one < semester).reduce((count, one) => count + readSubjects(draft[subjectsField(one)]).length, 0);

export const totalOf = (draft: Curriculum): number => feeFields.reduce((sum, field) => sum + (amountOf(draft[field]) ?? 0), 0);

/** What differs from what is stored; subjects and fees each go as a whole. */
export function curriculumChanges(draft: Curriculum, base: Curriculum): Pick<CourseForm, 'subjects' | 'feesStructure'> {
  const number = (text: string) => (text.trim() === '' ? null : Number(text));
  const isSame = (fields: readonly CurriculumField[]) => fields.every((field) => (draft[field] ?? '').trim() === (base[field] ?? ''));
  const subjects = semesters.flatMap((semester) => readSubjects(draft[subjectsField(semester)]).map((row) => ({
    semester, subjectName: row.subjectName.trim(), subjectCode: row.subjectCode.trim(), credits: number(row.credits), theoryHours: number(row.theoryHours), practicalHours: number(row.practicalHours),
  })));
  const amounts = Object.fromEntries(feeFields.map((field) => [field, amountOf(draft[field]) ?? 0])) as Record<FeeField, number>;
  const installmentPlan = readInstallments(draft.installments).map(({ label, amount, dueDate }, index) => ({ installmentNo: index + 1, label: label.trim(), amount: amountOf(amount) ?? 0, dueDate: dueDate === '' ? null : dueDate }));
  return {
    ...(isSame(semesters.map(subjectsField)) ? {} : { subjects }),
    ...(isSame([...feeFields, 'installments']) ? {} : { feesStructure: { ...amounts, installmentPlan } }),
  };
}

export function curriculumLabel(field: CurriculumField): string {
  if (field === 'installments') return 'Payments';
  return field.startsWith('subjects:') ? `Subjects of semester ${field.slice('subjects:'.length)}` : `Fee: ${feeLabels[field as FeeField]}`;
}

/** A value as people read it. */
export function curriculumInWords(field: CurriculumField, value: string): string {
  if (field === 'installments') return readInstallments(value).map(({ label, amount, dueDate }) => [label, amount, dueDate].filter(Boolean).join(' ')).join(', ');
  return field.startsWith('subjects:') ? readSubjects(value).map(({ subjectName }) => subjectName).join(', ') : value;
}
