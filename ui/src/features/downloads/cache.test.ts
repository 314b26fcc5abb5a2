import { describe, expect, it } from 'vitest';
import type { Download, ManagedDownload, ManagedDownloadsPage, StudentDownload, StudentDownloadsPage } from '../../kit/wire.ts';
import { applyForStaff, applyForStudent, flatten, nextPage, type Pages } from './cache.ts';

const today = '2026-03-11';
const everything = { search: '', category: '' };

function document(id: string, day: number, more: Partial<Download> = {}): Download {
  const at = `2026-03-${String(day).padStart(2, '0')}T08:00:00Z`;
  return {
    _id: id,
    title: `Material ${id}`,
    description: null,
    category: 'Notes',
    subject: null,
    semester: null,
    academicYear: null,
    expiryDate: null,
    requiresLogin: true,
    uploadedBy: null,
    fileType: 'PDF',
    fileSize: 1000,
    fileName: `${id}.pdf`,
    fileUrl: '',
    downloadCount: 0,
    uploadedAt: at,
    updatedAt: at,
    tags: [],
    ...more,
  };
}

function list(days: Record<string, number>, { limit = 3, total = Object.keys(days).length, opened = false } = {}): Pages<StudentDownloadsPage> {
  const items: StudentDownload[] = Object.entries(days).map(([id, day]) => ({ ...document(id, day), opened }));
  const pages: StudentDownloadsPage[] = [];
  for (let start = 0; start < Math.max(1, items.length); start += limit) {
    pages.push({
      downloads: items.slice(start, start + limit),
      filters: { categories: ['Notes'] },
      pagination: { page: pages.length + 1, limit, total, pages: Math.max(1, Math.ceil(total / limit)) },
      unopened: opened ? 0 : total,
    });
  }
  return { pages, pageParams: pages.map((_, index) => index + 1) };
}

const ids = (data: Pages<StudentDownloadsPage>) => flatten(data).map((item) => item._id).join('');
const saved = (doc: Download) => ({ type: 'saved' as const, document: doc });

describe('a student’s list', () => {
  it('shows new material first, unread and counted', () => {
    const { data, shifted } = applyForStudent(list({ b: 2, a: 1 }), saved(document('c', 3, { category: 'Syllabus' })), everything, today);
    expect(ids(data)).toBe('cba');
    expect(flatten(data)[0]?.opened).toBe(false);
    expect(data.pages[0]?.unopened).toBe(3);
    expect(data.pages[0]?.pagination.total).toBe(3);
    expect(data.pages[0]?.filters.categories).toEqual(['Notes', 'Syllabus']);
    expect(shifted).toBe(false);
  });

  it('hears the same event twice without showing it twice', () => {
    const once = applyForStudent(list({ a: 1 }), saved(document('b', 2)), everything, today).data;
    const twice = applyForStudent(once, saved(document('b', 2)), everything, today).data;
    expect(ids(twice)).toBe('ba');
    expect(twice.pages[0]?.unopened).toBe(2);
  });

  it('fills an empty list', () => {
    const { data } = applyForStudent(list({}), saved(document('a', 1)), everything, today);
    expect(ids(data)).toBe('a');
    expect(data.pages[0]?.pagination).toEqual({ page: 1, limit: 3, total: 1, pages: 1 });
  });

  it('replaces in place and keeps the unread mark as it was', () => {
    const { data } = applyForStudent(list({ b: 2, a: 1 }, { opened: true }), saved(document('a', 1, { title: 'Better', updatedAt: '2026-03-09T00:00:00Z' })), everything, today);
    expect(ids(data)).toBe('ba');
    expect(flatten(data)[1]).toMatchObject({ title: 'Better', opened: true });
    expect(data.pages[0]?.unopened).toBe(0);
  });

  it('does not go back to an older version', () => {
    const { data } = applyForStudent(list({ a: 5 }), saved(document('a', 5, { title: 'Old', updatedAt: '2026-03-01T00:00:00Z' })), everything, today);
    expect(flatten(data)[0]?.title).toBe('Material a');
  });

  it('removes what was deleted, and asks again when unloaded parts have shifted', () => {
    const whole = applyForStudent(list({ b: 2, a: 1 }), { type: 'deleted', _id: 'b' }, everything, today);
    expect(ids(whole.data)).toBe('a');
    expect(whole.data.pages[0]?.unopened).toBe(1);
    expect(whole.shifted).toBe(false);
    const part = applyForStudent(list({ c: 3, b: 2, a: 1 }, { total: 7 }), { type: 'deleted', _id: 'b' }, everything, today);
    expect(ids(part.data)).toBe('ca');
    expect(part.shifted).toBe(true);
    expect(applyForStudent(list({ c: 3 }, { total: 7 }), { type: 'deleted', _id: 'x' }, everything, today).shifted).toBe(true);
    expect(applyForStudent(list({ c: 3 }), { type: 'deleted', _id: 'x' }, everything, today).shifted).toBe(false);
  });

  it('removes what has expired or left the filter', () => {
    const data = list({ a: 1 });
    const later = '2026-03-10T00:00:00Z';
    expect(ids(applyForStudent(data, saved(document('a', 1, { expiryDate: '2026-03-10', updatedAt: later })), everything, today).data)).toBe('');
    const filtered = { search: '', category: 'Notes' };
    expect(ids(applyForStudent(data, saved(document('a', 1, { category: 'Form', updatedAt: later })), filtered, today).data)).toBe('');
    expect(ids(applyForStudent(data, saved(document('a', 1, { expiryDate: today, updatedAt: later })), everything, today).data)).toBe('a');
  });

  it.each([
    ['anatomy', 'Form', false],
    ['ANATOMY', '', true],
    ['heart', '', true],
    ['bones', '', false],
    [' ', 'Notes', true],
    ['heart anatomy', '', true],
    ['heart bones', '', false],
    ['z.pdf', '', true],
  ])('search "%s" in "%s" shows new Anatomy notes: %s', (search, category, shows) => {
    const change = saved(document('z', 9, { title: 'Anatomy', tags: ['heart'] }));
    expect(ids(applyForStudent(list({ a: 1 }), change, { search, category }, today).data).includes('z')).toBe(shows);
  });

  it('puts material that became visible into its place by date', () => {
    expect(ids(applyForStudent(list({ e: 5, d: 4, b: 2, a: 1 }), saved(document('c', 3)), everything, today).data)).toBe('edcba');
    const part = applyForStudent(list({ e: 5, d: 4, c: 3 }, { total: 9 }), saved(document('a', 1)), everything, today);
    expect(ids(part.data)).toBe('edc');
    expect(part.data.pages[0]?.pagination.total).toBe(9);
    expect(part.shifted).toBe(true);
  });

  it('does not repeat the item that an insertion pushed over the edge of a page', () => {
    const pages = list({ c: 3, b: 2, a: 1 }, { limit: 2 });
    const next = applyForStudent(pages, saved(document('d', 4)), everything, today).data;
    const doubled = { ...next, pages: next.pages.map((page, index) => (index === 1 ? { ...page, downloads: [...(next.pages[0]?.downloads.slice(2) ?? []), ...page.downloads] } : page)) };
    expect(ids(doubled)).toBe('dcba');
  });

  it('counts an opened item once', () => {
    const once = applyForStudent(list({ b: 2, a: 1 }), { type: 'opened', _id: 'a' }, everything, today).data;
    const twice = applyForStudent(once, { type: 'opened', _id: 'a' }, everything, today).data;
    expect(twice.pages[0]?.unopened).toBe(1);
    expect(flatten(twice)[1]).toMatchObject({ opened: true, downloadCount: 2 });
  });
});

describe('the list of staff', () => {
  const targets = { courses: [], students: [], years: [], semesters: [] };
  const managed = (id: string, day: number, more: Partial<ManagedDownload> = {}): ManagedDownload => ({
    ...document(id, day), targetAudience: ['students'], specificTargets: targets, chosenStudents: [], audienceText: 'All students', rev: 1, canEdit: true, isExpired: false, ...more,
  });
  const data: Pages<ManagedDownloadsPage> = {
    pages: [{ downloads: [managed('a', 1)], stats: { totalFiles: 1, totalDownloads: 5 }, pagination: { page: 1, limit: 20, total: 1, pages: 1 } }],
    pageParams: [1],
  };
  const all = { ...everything, semester: '', academicYear: '' };
  const after = (item: ManagedDownload, filter = all) => applyForStaff(data, { type: 'saved', document: item }, filter).data.pages[0];

  it('takes in what was saved here', () => {
    const page = after(managed('a', 1, { title: 'New', rev: 2, audienceText: 'GNM' }));
    expect(page?.downloads).toHaveLength(1);
    expect(page?.downloads[0]).toMatchObject({ title: 'New', rev: 2, audienceText: 'GNM' });
    expect(page?.stats.totalFiles).toBe(1);
  });

  it('counts files, and goes by semester and year', () => {
    const item = managed('b', 2, { semester: 3, academicYear: '2025' });
    expect(after(item)?.stats.totalFiles).toBe(2);
    expect(after(item, { ...all, semester: '3' })?.downloads).toHaveLength(2);
    expect(after(item, { ...all, semester: '4' })?.downloads).toHaveLength(1);
    expect(after(item, { ...all, academicYear: '2024' })?.downloads).toHaveLength(1);
  });

  it('lets go of what was deleted, once', () => {
    const once = applyForStaff(data, { type: 'deleted', _id: 'a' }, all).data;
    const twice = applyForStaff(once, { type: 'deleted', _id: 'a' }, all).data;
    expect(twice.pages[0]).toMatchObject({ downloads: [], stats: { totalFiles: 0 }, pagination: { total: 0 } });
  });
});

it('nextPage ends with the last page', () => {
  const page = (number: number) => ({ downloads: [], pagination: { page: number, limit: 2, total: 4, pages: 2 } });
  expect(nextPage(page(1))).toBe(2);
  expect(nextPage(page(2))).toBeUndefined();
});
