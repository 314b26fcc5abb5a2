/** What the office writes into the form of a notice, and how it goes to the server. Pure. */
import type { NoticeForm, NoticeTarget, Role, WrittenNotice } from '../../kit/wire.ts';

export interface Picked {
  _id: string;
  name: string;
}

export interface Draft {
  title: string;
  message: string;
  type: NonNullable<NoticeForm['type']>;
  category: NonNullable<NoticeForm['category']>;
  priority: NonNullable<NoticeForm['priority']>;
  actionUrl: string;
  target: NoticeTarget;
  roles: string[];
  courses: string[];
  years: string[];
  people: Picked[];
}

export const blank: Draft = {
  title: '', message: '', type: 'info', category: 'General', priority: 'medium', actionUrl: '',
  target: 'role', roles: ['student'], courses: [], years: [], people: [],
};

export const targets: [NoticeTarget, string][] = [
  ['all', 'Everybody'],
  ['role', 'All students, faculty or the office'],
  ['course', 'A course: its students and who teaches it'],
  ['batch', 'Students by the year they began'],
  ['individual', 'Chosen students'],
];

export const roleWords: Record<Role, string> = { student: 'Students', faculty: 'Faculty', admin: 'The office' };

/** The pages a notice can lead to. */
export const links: [address: string, name: string][] = [['', 'No page'], ['/attendance', 'Attendance'], ['/marks', 'Marks'], ['/downloads', 'Study material']];

export function draftOf(notice: WrittenNotice): Draft {
  const { title, message, type, category, priority, actionUrl, targetType } = notice;
  return { ...blank, title, message, type, category, priority, actionUrl: actionUrl ?? '', target: targetType };
}

export function idsOf(draft: Draft): string[] {
  switch (draft.target) {
    case 'all': return [];
    case 'role': return draft.roles;
    case 'course': return draft.courses;
    case 'batch': return draft.years;
    case 'individual': return draft.people.map(({ _id }) => _id);
  }
}

export type Problems = Partial<Record<'title' | 'message' | 'targetIds' | 'actionUrl', string>>;

export function problemsOf(draft: Draft): Problems {
  const problems: Problems = {};
  if (draft.title.trim() === '') problems.title = 'Write in a few words what it is about.';
  if (draft.message.trim() === '') problems.message = 'Write what they are to know.';
  if (draft.target !== 'all' && idsOf(draft).length === 0) problems.targetIds = 'Choose at least one.';
  return problems;
}

const texts = ({ title, message, type, category, priority, actionUrl }: Draft): NoticeForm => ({ title: title.trim(), message: message.trim(), type, category, priority, actionUrl });

export const toSend = (draft: Draft): NoticeForm => ({ ...texts(draft), targetType: draft.target, targetIds: idsOf(draft) });

/** Whom it is for stays as it is: they have it already. */
export const toChange = (draft: Draft, rev: number): NoticeForm => ({ ...texts(draft), rev });

/** Whom a notice is for, in words. */
export function audienceOf({ targetType, targetIds }: Pick<WrittenNotice, 'targetType' | 'targetIds'>, courseCodes: ReadonlyMap<string, string>): string {
  switch (targetType) {
    case 'all': return 'everybody';
    case 'role': return targetIds.map((role) => roleWords[role as Role].toLowerCase()).join(' and ');
    case 'course': return targetIds.map((id) => courseCodes.get(id) ?? 'a course').join(', ');
    case 'batch': return `students who began in ${targetIds.join(', ')}`;
    case 'individual': return targetIds.length === 1 ? 'one person' : `${targetIds.length} people`;
  }
}
