import { expect, it } from 'vitest';
import { noAnswer } from '../../kit/problem.ts';
import type { CellState } from './use-grid-edits.ts';
import { savingWords } from './words.ts';

const saved: CellState = { kind: 'saved', yours: 40 };
const words = (states: CellState[], more: Partial<Parameters<typeof savingWords>[0]> = {}) => savingWords({ isSaving: false, problem: null, states: new Map(states.map((state, index) => [String(index), state])), ...more });

it('says that all is saved only when all is', () => {
  expect(words([])).toBe('');
  expect(words([saved])).toBe('Saved');
  expect(words([saved], { isSaving: true })).toBe('Saving…');
  expect(words([saved, { kind: 'saving', yours: 41 }])).toBe('Not sent yet');
  expect(words([saved], { problem: noAnswer() })).toBe('Not sent yet');
  expect(words([saved, { kind: 'conflict', yours: 41, theirs: 55, rev: 2 }])).toBe('Some cells are not saved');
  expect(words([saved, { kind: 'refused', yours: 99, error: 'Too much.', code: 'marks.out_of_range', base: 1 }])).toBe('Some cells are not saved');
});
