import { calendarDay } from '../../kit/format.ts';
import type { MarkSheet } from '../../kit/wire.ts';
import type { Edits } from './use-grid-edits.ts';

export const stateWords: Record<string, string> = { draft: 'Draft', review: 'In review', scheduled: 'About to be published', published: 'Published' };

export const examOf = (sheet: MarkSheet): string => [sheet.examType, sheet.examLabel, calendarDay(sheet.examDate)].filter(Boolean).join(' · ');

/** How it stands with all that was put, in one word: the worst of it. */
export function savingWords({ isSaving, problem, states }: Pick<Edits, 'isSaving' | 'problem' | 'states'>): string {
  const kinds = new Set([...states.values()].map(({ kind }) => kind));
  if (isSaving) return 'Saving…';
  if (problem !== null || kinds.has('saving')) return 'Not sent yet';
  if (kinds.has('conflict') || kinds.has('refused')) return 'Some cells are not saved';
  return kinds.has('saved') ? 'Saved' : '';
}
