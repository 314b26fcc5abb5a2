import { Text, TextInput } from '@mantine/core';
import type { MarkPart } from '../../kit/wire.ts';
import { partName, parts } from './cells.ts';
import classes from './sheets.module.css';

export type Maxima = Record<MarkPart, string>;

export const numbersOf = (maxima: Maxima): Record<MarkPart, number> => ({ theory: Number(maxima.theory), practical: Number(maxima.practical), viva: Number(maxima.viva), assignment: Number(maxima.assignment) });

interface MaximaFieldsProps {
  maxima: Maxima;
  /** The sentences of the server, by `maxima` and `maxima.theory`. */
  problems: Readonly<Record<string, string>>;
  onChange: (maxima: Maxima) => void;
}

/** What each part of an exam is out of. */
export function MaximaFields({ maxima, problems, onChange }: MaximaFieldsProps) {
  return (
    <fieldset className={classes.maxima}>
      <legend>Marks of each part (0: the exam does not have it)</legend>
      {parts.map((part) => <TextInput key={part} label={partName[part]} inputMode="decimal" value={maxima[part]} onChange={(event) => onChange({ ...maxima, [part]: event.currentTarget.value })} error={problems[`maxima.${part}`]} />)}
      {problems.maxima !== undefined && <Text size="sm" role="alert" c="var(--mantine-color-error)">{problems.maxima}</Text>}
    </fieldset>
  );
}
