import type { Page } from '@playwright/test';
import { check } from '../support/check.ts';
import { eventsOf, expect, item, notices, test } from '../support/test.ts';

interface Sheet {
  _id: string;
}

interface Grid {
  rows: { _id: string; cells: { theory: { value: number | null; rev: number } } }[];
}

test('a mark is entered in the grid, published with an undo, and on the student’s open page', async ({ open, api, titled }) => {
  const subject = titled('Midwifery');
  const sheet = await api.call<Sheet>('office', 'POST', '/admin/marks/sheets', { course: 'GNM', semester: 3, subject, examType: 'Internal', maxima: { theory: 75, practical: 25, viva: 0, assignment: 0 } });
  let heard: string[] = [];
  const [teacher, office, page] = await Promise.all([
    open('faculty1', { at: `/marks?sheet=${sheet._id}` }),
    open('office', { at: `/marks?sheet=${sheet._id}` }),
    open('gnm.student', { at: '/marks', before: (shown) => (heard = eventsOf(shown)) }),
  ]);
  const me = (await api.call<{ student: { name: string } }>('gnm.student', 'GET', '/student/marks')).student.name;
  const cell = (on: Page, part: string) => on.getByRole('textbox', { name: `${part}, ${me}` });

  await cell(teacher, 'Theory').fill('60');
  await teacher.keyboard.press('Enter');
  await cell(teacher, 'Practical').fill('20');
  await teacher.keyboard.press('Enter');
  await expect(teacher.getByText('Saved', { exact: true })).toBeVisible();
  await expect(cell(office, 'Theory')).toHaveValue('60');
  await expect(page.getByRole('article', { name: subject })).toHaveCount(0);

  await test.step('published and undone, and nobody knew', async () => {
    await teacher.getByRole('button', { name: 'Publish' }).click();
    const dialog = teacher.getByRole('dialog', { name: `Publish ${subject}?` });
    await expect(dialog.getByText('1 student will see their mark')).toBeVisible();
    await dialog.getByRole('button', { name: 'Publish' }).click();
    // The button that opened it can't be pressed now.
    await expect(teacher.getByRole('heading', { level: 1 })).toBeFocused();
    await teacher.getByRole('button', { name: 'Undo' }).click();
    await expect(teacher.getByRole('region', { name: 'Publication' })).toBeHidden();
    expect(heard.filter((event) => event.includes('marks:'))).toEqual([]);
  });

  await test.step('published, and there at once', async () => {
    await teacher.getByRole('button', { name: 'Publish' }).click();
    const dialog = teacher.getByRole('dialog', { name: `Publish ${subject}?` });
    await dialog.getByRole('button', { name: 'Publish' }).click();
    await expect(teacher.getByRole('region', { name: 'Publication' })).toContainText('Nobody has seen or heard of it yet.');
    await expect(item(page, subject)).toBeVisible({ timeout: 15_000 });
    await expect(item(page, subject).getByTestId('total')).toHaveText('80');
    await expect(notices(page)).toContainText('Your marks are published');
  });

  await test.step('changed with a reason, and there at once', async () => {
    await teacher.getByLabel('Reason for changing published marks').fill('Question 3 was left out.');
    await cell(teacher, 'Theory').fill('65');
    await teacher.keyboard.press('Enter');
    await expect(item(page, subject).getByTestId('total')).toHaveText('85');
    await expect(notices(page)).toContainText('Your mark was changed');
    await item(page, subject).getByRole('button', { name: /History/ }).click();
    await expect(item(page, subject).getByText('Why: Question 3 was left out.')).toBeVisible();
  });
});

test('what was changed since it was looked at is not published, and can be looked at at once', async ({ open, api, titled }) => {
  const subject = titled('Changed meanwhile');
  const sheet = await api.call<Sheet>('office', 'POST', '/admin/marks/sheets', { course: 'GNM', semester: 3, subject, examType: 'Internal', maxima: { theory: 75, practical: 25, viva: 0, assignment: 0 } });
  const teacher = await open('faculty1', { at: `/marks?sheet=${sheet._id}` });
  await teacher.locator('[data-cell="0:0"]').fill('50');
  await teacher.keyboard.press('Enter');
  await expect(teacher.getByText('Saved', { exact: true })).toBeVisible();
  await teacher.getByRole('button', { name: 'Publish' }).click();
  const dialog = teacher.getByRole('dialog', { name: `Publish ${subject}?` });
  await expect(dialog.getByRole('cell', { name: /^50 / })).toBeVisible();
  const { rows: [row] } = await api.call<Grid>('office', 'GET', `/admin/marks/sheets/${sheet._id}`);
  await api.call('office', 'PATCH', `/admin/marks/sheets/${sheet._id}/cells`, { cells: [{ student: row?._id, part: 'theory', value: 51, base: row?.cells.theory.rev }] });
  await dialog.getByRole('button', { name: 'Publish' }).click();
  await expect(dialog.getByRole('alert')).toContainText('It was not published');
  await expect(dialog.getByRole('cell', { name: /^51 / })).toBeVisible();
  await dialog.getByRole('button', { name: 'Publish' }).click();
  await expect(teacher.getByRole('region', { name: 'Publication' })).toBeVisible();
});

test('a publication whose answer was lost is not said to have failed', async ({ open, api, titled }) => {
  const subject = titled('Answer lost');
  const sheet = await api.call<Sheet>('office', 'POST', '/admin/marks/sheets', { course: 'GNM', semester: 3, subject, examType: 'Internal', maxima: { theory: 75, practical: 25, viva: 0, assignment: 0 } });
  const teacher = await open('faculty1', { at: `/marks?sheet=${sheet._id}` });
  await teacher.getByRole('textbox', { name: /^Theory, / }).first().fill('50');
  await teacher.keyboard.press('Enter');
  await expect(teacher.getByText('Saved', { exact: true })).toBeVisible();
  await teacher.getByRole('button', { name: 'Publish' }).click();
  const dialog = teacher.getByRole('dialog', { name: `Publish ${subject}?` });

  await teacher.route('**/publish', (route) => route.abort());
  await dialog.getByRole('button', { name: 'Publish' }).click();
  await expect(dialog.getByText('There was no answer')).toBeVisible();
  await teacher.unroute('**/publish');

  await teacher.route('**/publish', async (route) => {
    await route.fetch();
    await route.abort();
  });
  await dialog.getByRole('button', { name: 'Publish' }).click();
  await expect(dialog).toBeHidden();
  await teacher.route('**/undo', async (route) => {
    await route.fetch();
    await route.abort();
  });
  await teacher.getByRole('button', { name: 'Undo' }).click();
  await expect(teacher.getByRole('region', { name: 'Publication' })).toBeHidden();
  await expect(dialog).toBeHidden();
  await expect(teacher.getByRole('alert')).toHaveCount(0);
});

test('older sheets are on the next page', async ({ open }) => {
  const office = await open('office', { at: '/', before: (page) => void page.route(/\/sheets\?/, (route) => route.continue({ url: route.request().url().replace('limit=50', 'limit=2') })) });
  await office.goto('/marks');
  const sheets = office.getByRole('main').getByRole('article');
  await expect(sheets).toHaveCount(2);
  const newest = await sheets.first().innerText();
  await office.getByRole('button', { name: 'The page after' }).click();
  await expect(office.getByText(/^3 to 4 of /)).toBeVisible();
  await expect(sheets.first()).not.toHaveText(newest);
  await office.getByLabel('State').selectOption('draft');
  await expect(office).not.toHaveURL(/page=/);
});

test('nothing on a student’s page of marks is in anybody’s way', async ({ open }) => {
  const page = await open('gnm.student', { at: '/marks' });
  await expect(page.getByRole('article').first()).toBeVisible();
  await check(page, 'student');
});

test('nothing on the list of sheets is in anybody’s way', async ({ open }) => {
  const office = await open('office', { at: '/marks' });
  await expect(office.getByRole('article').first()).toBeVisible();
  await check(office, 'sheets');
});

test('nothing in the grid is in anybody’s way', async ({ open, api }) => {
  const { sheets } = await api.call<{ sheets: Sheet[] }>('faculty1', 'GET', '/admin/marks/sheets?state=draft');
  const grid = await open('office', { at: `/marks?sheet=${sheets[0]?._id ?? ''}` });
  await expect(grid.locator('[data-cell="0:0"]')).toBeVisible();
  await check(grid, 'grid');
});

test('nothing in the rehearsal is in anybody’s way', async ({ open, api }) => {
  const { sheets } = await api.call<{ sheets: Sheet[] }>('faculty1', 'GET', '/admin/marks/sheets?state=draft');
  const grid = await open('office', { at: `/marks?sheet=${sheets[0]?._id ?? ''}` });
  await grid.getByRole('button', { name: 'Publish' }).click();
  await expect(grid.getByText(/will see their mark/)).toBeVisible();
  await check(grid, 'rehearsal');
});

test('a sheet is handed in and returned, its maxima change, and the history of a mark says who did what', async ({ open, api, titled }) => {
  const subject = titled('Handed in');
  const sheet = await api.call<Sheet>('office', 'POST', '/admin/marks/sheets', { course: 'GNM', semester: 3, subject, examType: 'Internal', maxima: { theory: 75, practical: 0, viva: 0, assignment: 0 } });
  const [teacher, office] = await Promise.all([open('faculty1', { at: `/marks?sheet=${sheet._id}` }), open('office', { at: `/marks?sheet=${sheet._id}` })]);
  await teacher.locator('[data-cell="0:0"]').fill('60');
  await teacher.keyboard.press('Enter');
  await expect(teacher.getByText('Saved', { exact: true })).toBeVisible();
  await teacher.getByRole('button', { name: 'Hand in' }).click();
  await expect(office.getByText('In review')).toBeVisible();
  await office.getByRole('button', { name: 'Return' }).click();
  await expect(teacher.getByText('Draft', { exact: true })).toBeVisible();

  await test.step('what the parts are out of', async () => {
    await office.getByRole('button', { name: 'Maximum marks' }).click();
    const dialog = office.getByRole('dialog', { name: 'Maximum marks' });
    await dialog.getByLabel('Theory').fill('50');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await expect(dialog.getByLabel('Theory')).toHaveAccessibleDescription(/50/);
    await dialog.getByLabel('Theory').fill('80');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await expect(teacher.getByRole('columnheader', { name: 'Theory / 80' })).toBeVisible();
  });

  await test.step('who did what', async () => {
    await office.getByRole('button', { name: /^History of the mark of/ }).first().click();
    await expect(office.getByRole('dialog')).toContainText('by Mary Kurian: theory 60');
  });
});

test('marks are saved as a table, in each format', async ({ open }) => {
  const office = await open('office', { at: '/marks' });
  for (const [words, ending] of [['CSV, for any program', 'csv'], ['Excel (XLSX)', 'xlsx'], ['PDF, to print', 'pdf']] as const) {
    const saving = office.waitForEvent('download');
    await office.getByRole('button', { name: 'Save as' }).click();
    await office.getByRole('menuitem', { name: words }).click();
    expect((await saving).suggestedFilename()).toBe(`marks.${ending}`);
  }
});

test('a file of marks is looked at before it is entered, and is in the other’s open grid at once', async ({ open, api, titled }) => {
  const subject = titled('From a file');
  const sheet = await api.call<Sheet>('office', 'POST', '/admin/marks/sheets', { course: 'GNM', semester: 3, subject, examType: 'Internal', maxima: { theory: 75, practical: 0, viva: 0, assignment: 0 } });
  const [teacher, office] = await Promise.all([open('faculty1', { at: `/marks?sheet=${sheet._id}` }), open('office', { at: `/marks?sheet=${sheet._id}` })]);
  await teacher.getByRole('button', { name: 'Import' }).click();
  const dialog = teacher.getByRole('dialog', { name: `Import marks of ${subject}` });
  await dialog.getByTestId('file').setInputFiles({ name: 'marks.csv', mimeType: 'text/csv', buffer: Buffer.from('Student ID,Theory\nGNM2025001,61\nGNM2025002,AB\nGNM2025003,99\n') });
  await expect(dialog.getByText('3 rows: 2 new, 0 changed, 0 the same, 1 left out')).toBeVisible();
  await expect(dialog.getByRole('listitem').first()).toContainText('GNM2025003');
  await expect(office.locator('[data-cell="0:0"]')).toHaveValue('');
  // The answer is lost on its way.
  await teacher.route('**/apply', (route) => route.abort(), { times: 1 });
  await dialog.getByRole('button', { name: 'Save 2 rows' }).click();
  await expect(dialog.getByRole('alert')).toContainText('It may be saved all the same');
  await dialog.getByRole('button', { name: 'Save 2 rows' }).click();
  await expect(dialog).toBeHidden();
  await expect(office.locator('[data-cell="0:0"]')).toHaveValue('61');
  await expect(office.locator('[data-cell="1:0"]')).toHaveValue('AB');

  const saving = teacher.waitForEvent('download');
  await teacher.getByRole('button', { name: 'Save as' }).click();
  await teacher.getByRole('menuitem', { name: 'Mark sheet to sign (PDF)' }).click();
  expect((await saving).suggestedFilename()).toBe(`marks ${subject}.pdf`);
});
