/** What is being written in the form of a piece of study material. Pure. */
import type { Institute, ManagedDownload, Role } from '../../kit/wire.ts';
import { choicesFor, fromWire, missing, nobodyYet, toWire, type Picked, type WireAudience } from './audience.ts';
import { bytes } from '../../kit/format.ts';
import type { Metadata } from './queries.ts';

export interface Draft {
  title: string;
  description: string;
  category: string;
  subject: string;
  semester: string;
  academicYear: string;
  tags: string;
  expiryDate: string;
  audience: Picked;
}

export type DraftProblems = Partial<Record<keyof Draft | 'file' | 'targetAudience' | 'specificTargets', string>>;

export function blankDraft(role: Role): Draft {
  return {
    title: '',
    description: '',
    category: '',
    subject: '',
    semester: '',
    academicYear: '',
    tags: '',
    expiryDate: '',
    audience: { ...nobodyYet, choice: choicesFor(role)[0]?.[0] ?? 'students' },
  };
}

export function draftOf(item: ManagedDownload): Draft {
  return {
    title: item.title,
    description: item.description ?? '',
    category: item.category,
    subject: item.subject ?? '',
    semester: item.semester == null ? '' : String(item.semester),
    academicYear: item.academicYear ?? '',
    tags: item.tags.join(', '),
    expiryDate: item.expiryDate?.slice(0, 10) ?? '',
    audience: fromWire(item),
  };
}

export function toMetadata(draft: Draft, before: WireAudience | null): Metadata {
  const { targetAudience, specificTargets } = toWire(draft.audience, before);
  return {
    title: draft.title.trim(),
    description: draft.description.trim(),
    category: draft.category,
    subject: draft.subject.trim(),
    semester: draft.semester,
    academicYear: draft.academicYear,
    tags: draft.tags.split(',').map((tag) => tag.trim()).filter(Boolean).join(','),
    expiryDate: draft.expiryDate,
    targetAudience: targetAudience.join(','),
    specificTargets: JSON.stringify(specificTargets),
  };
}

export function problemsOf(draft: Draft, today: string): DraftProblems {
  const problems: DraftProblems = {};
  if (draft.title.trim() === '') problems.title = 'Give it a title that students will recognise.';
  if (draft.category === '') problems.category = 'Choose what kind of material it is.';
  if (draft.expiryDate !== '' && draft.expiryDate < today) problems.expiryDate = 'This day is over. Choose today or a later day.';
  const audience = missing(draft.audience);
  if (audience !== null) problems.audience = audience;
  return problems;
}

export const hasProblems = (problems: DraftProblems): boolean => Object.values<string | undefined>(problems).some((problem) => problem !== undefined);

const extensionOf = (fileName: string): string => (/\.[^.]+$/.exec(fileName)?.[0] ?? '').toLowerCase();

/** What can be said about a file before it has been sent. */
export function fileProblem(file: { name: string; size: number }, rules: Pick<Institute, 'acceptedExtensions' | 'uploadLimitBytes'>): string | null {
  if (file.size === 0) return 'This file is empty.';
  if (file.size > rules.uploadLimitBytes) return `This file has ${bytes(file.size)}. At most ${bytes(rules.uploadLimitBytes)} can be uploaded.`;
  const accepted = rules.acceptedExtensions.map((extension) => extension.toLowerCase());
  if (!accepted.includes(extensionOf(file.name))) return `This kind of file cannot be uploaded. These can: ${accepted.join(', ')}`;
  return null;
}

/** A first title: the name of the file without its machine parts. */
export function titleFrom(fileName: string): string {
  const words = fileName.replace(/\.[^.]+$/, '').replace(/[_\s]+/g, ' ').replace(/(?<=\p{L})-(?=\p{L})/gu, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
