import { ActionIcon, Button, SimpleGrid, Text, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { Fold } from '../../kit/fold.tsx';
import { plural } from '../../kit/format.ts';
import classes from './courses.module.css';
import { blankInstallment, blankSubject, feeFields, feeLabels, firstOf, readInstallments, readSubjects, subjectsField, totalOf, writeRows, type Curriculum, type CurriculumField } from './curriculum.ts';

interface CurriculumFieldsProps {
  draft: Curriculum;
  problems: Record<string, string>;
  onChange: (field: CurriculumField, value: string) => void;
}

/** Another of the same list with one row changed, or without it. */
const withRow = <Row,>(rows: readonly Row[], at: number, change: Partial<Row> | null): Row[] => rows.flatMap((row, index) => (index !== at ? [row] : change === null ? [] : [{ ...row, ...change }]));

export function SubjectsOf({ semester, draft, problems, onChange }: CurriculumFieldsProps & { semester: number }) {
  const field = subjectsField(semester);
  const rows = readSubjects(draft[field]);
  const first = firstOf(draft, semester);
  const hasProblem = rows.some((_, index) => Object.keys(problems).some((name) => name.startsWith(`subjects[${first + index}].`)));
  return (
    <Fold className={classes.fold} hasProblem={hasProblem} title={`Semester ${semester}: ${plural(rows.length, 'subject')}`}>
      {rows.map((row, index) => {
        const text = (name: keyof typeof row, label: string, isNumber = false) => (
          <TextInput
            label={label}
            aria-label={`${label} of subject ${index + 1}, semester ${semester}`}
            value={row[name]}
            inputMode={isNumber ? 'numeric' : undefined}
            onChange={(event) => onChange(field, writeRows(withRow(rows, index, { [name]: event.currentTarget.value })))}
            error={problems[`subjects[${first + index}].${name}`]}
            autoComplete="off"
          />
        );
        return (
          // Rows have no name of their own until they are stored; they are only added at the end.
          <div key={index} className={classes.subject}>
            <div className={classes.subjectName}>{text('subjectName', 'Subject')}</div>
            {text('subjectCode', 'Code')}
            {text('credits', 'Credits', true)}
            {text('theoryHours', 'Theory (h)', true)}
            {text('practicalHours', 'Practical (h)', true)}
            <ActionIcon variant="subtle" color="gray" size={44} className={classes.remove} aria-label={`Remove subject ${index + 1} of semester ${semester}`} onClick={() => onChange(field, writeRows(withRow(rows, index, null)))}><IconTrash size={20} aria-hidden="true" /></ActionIcon>
          </div>
        );
      })}
      <Button variant="default" size="sm" mih={44} mt="xs" leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={() => onChange(field, writeRows([...rows, blankSubject]))} aria-label={`Add a subject to semester ${semester}`}>Add a subject</Button>
    </Fold>
  );
}

export function FeesFields({ draft, problems, onChange }: CurriculumFieldsProps) {
  const rows = readInstallments(draft.installments);
  const set = (next: typeof rows) => onChange('installments', writeRows(next));
  const hasProblem = Object.keys(problems).some((name) => name.startsWith('feesStructure'));
  const amount = (value: number) => value.toLocaleString('en-IN', { maximumFractionDigits: 2 });
  return (
    <Fold className={classes.fold} hasProblem={hasProblem} title={`Fees: ₹ ${amount(totalOf(draft))} in all`}>
      <SimpleGrid cols={{ base: 2, xs: 3 }} mt="xs">
        {feeFields.map((field) => <TextInput key={field} label={`${feeLabels[field]} (₹)`} inputMode="decimal" value={draft[field]} onChange={(event) => onChange(field, event.currentTarget.value)} error={problems[`feesStructure.${field}`]} autoComplete="off" />)}
      </SimpleGrid>
      <Text fw={600} mt="md">When what is to be paid</Text>
      {rows.map((row, index) => {
        const at = (name: string) => problems[`feesStructure.installmentPlan[${index}].${name}`];
        const text = (name: keyof typeof row, label: string, type = 'text') => <TextInput label={label} aria-label={`${label} of payment ${index + 1}`} type={type} value={row[name]} onChange={(event) => set(withRow(rows, index, { [name]: event.currentTarget.value }))} error={at(name)} autoComplete="off" />;
        return (
          <div key={index} className={classes.payment}>
            {text('label', 'What for')}
            {text('amount', 'Amount (₹)')}
            {text('dueDate', 'Due', 'date')}
            <ActionIcon variant="subtle" color="gray" size={44} className={classes.remove} aria-label={`Remove payment ${index + 1}`} onClick={() => set(withRow(rows, index, null))}><IconTrash size={20} aria-hidden="true" /></ActionIcon>
          </div>
        );
      })}
      <Button variant="default" size="sm" mih={44} mt="xs" leftSection={<IconPlus size={18} aria-hidden="true" />} onClick={() => set([...rows, blankInstallment])}>Add a payment</Button>
    </Fold>
  );
}
