import { calendarDay } from '../../kit/format.ts';
import type { MarkSheet } from '../../kit/wire.ts';

export const stateWords: Record<string, string> = { draft: 'Draft', review: 'In review', scheduled: 'About to be published', published: 'Published' };

export const examOf = (sheet: MarkSheet): string => [sheet.examType, sheet.examLabel, calendarDay(sheet.examDate)].filter(Boolean).join(' · ');
