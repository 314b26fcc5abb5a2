import type { Page } from '@playwright/test';
import { expect, item, phone, test } from '../support/test.ts';

interface Sheet {
  _id: string;
}

interface Grid {
  rows: { _id: string; cells: { theory: { value: number | null; rev: number } } }[];
}

test('a mark that got no answer is kept on the device, and sent when there is one', async ({ open, api, titled }) => {
  const subject = titled('In the village');
  const sheet = await api.call<Sheet>('office', 'POST', '/admin/marks/sheets', { course: 'GNM', semester: 3, subject, examType: 'Internal', maxima: { theory: 75, practical: 25, viva: 0, assignment: 0 } });
  const at = `/marks?sheet=${sheet._id}`;
  const [teacher, office] = await Promise.all([open('faculty1', { at, context: phone }), open('office', { at })]);
  const me = (await api.call<{ student: { name: string } }>('gnm.student', 'GET', '/student/marks')).student.name;
  const cell = (on: Page) => on.getByRole('textbox', { name: `Theory, ${me}` });

  await teacher.route('**/cells', (route) => route.abort());
  await cell(teacher).fill('61');
  await cell(teacher).blur();
  await expect(teacher.getByText('What you wrote is kept on this device')).toBeVisible();
  await expect(teacher.getByText('Not sent yet', { exact: true })).toBeVisible();

  await test.step('the page is left, and the list says what waits', async () => {
    await teacher.goto('/marks');
    await expect(item(teacher, subject)).toContainText('1 mark not sent yet');
  });
  await test.step('it is there when the sheet is opened again, and goes out by itself', async () => {
    await teacher.goto(at);
    await expect(cell(teacher)).toHaveValue('61');
    await expect(teacher.getByText('What you wrote is kept on this device')).toBeVisible();
    await expect(cell(office)).toHaveValue('');
    await teacher.unroute('**/cells');
    await expect(cell(office)).toHaveValue('61');
    await expect(teacher.getByText('What you wrote is kept on this device')).toHaveCount(0);
    await teacher.goto('/marks');
    await expect(item(teacher, subject)).toBeVisible();
    await expect(item(teacher, subject)).not.toContainText('not sent yet');
  });
});

test('what is typed is not lost when the page is left or loaded again before the field is', async ({ open, api, titled }) => {
  const subject = titled('In a hurry');
  const sheet = await api.call<Sheet>('office', 'POST', '/admin/marks/sheets', { course: 'GNM', semester: 3, subject, examType: 'Internal', maxima: { theory: 75, practical: 25, viva: 0, assignment: 0 } });
  const teacher = await open('faculty1', { at: '/marks' });
  const first = teacher.locator('[data-cell="0:0"]');
  await item(teacher, subject).getByRole('link').click();
  await first.fill('61');
  await teacher.goBack();
  await item(teacher, subject).getByRole('link').click();
  await expect(first).toHaveValue('61');
  await expect.poll(async () => (await api.call<Grid>('office', 'GET', `/admin/marks/sheets/${sheet._id}`)).rows[0]?.cells.theory.value).toBe(61);
  await first.fill('62');
  await teacher.reload();
  await expect(first).toHaveValue('62');
  await expect.poll(async () => (await api.call<Grid>('office', 'GET', `/admin/marks/sheets/${sheet._id}`)).rows[0]?.cells.theory.value).toBe(62);
});

test('two who write in one cell are shown both values', async ({ open, api, titled }) => {
  const subject = titled('Both');
  const sheet = await api.call<Sheet>('office', 'POST', '/admin/marks/sheets', { course: 'GNM', semester: 3, subject, examType: 'Internal', maxima: { theory: 75, practical: 25, viva: 0, assignment: 0 } });
  const teacher = await open('faculty1', { at: `/marks?sheet=${sheet._id}` });
  const first = teacher.locator('[data-cell="0:0"]');
  await expect(first).toBeVisible();
  // Somebody else is quicker, and this page has not heard of it yet.
  await teacher.context().route('**/cells', async (route) => {
    const { cells } = route.request().postDataJSON() as { cells: { student: string; part: string; base: number }[] };
    await api.call('office', 'PATCH', `/admin/marks/sheets/${sheet._id}/cells`, { cells: cells.map((cell) => ({ ...cell, value: 41 })) });
    await route.continue();
  }, { times: 1 });
  await first.fill('50');
  await teacher.keyboard.press('Enter');
  await expect(teacher.getByRole('alert')).toContainText('you wrote 50, somebody else wrote 41');
  await expect(teacher.getByText('Some cells are not saved', { exact: true })).toBeVisible();
  await teacher.getByRole('button', { name: 'Put 50' }).click();
  await expect(teacher.getByRole('alert')).toBeHidden();
  await expect(first).toHaveValue('50');

  // Now it comes while the teacher types, and the cell below shows that the page has heard of it.
  const { rows } = await api.call<Grid>('office', 'GET', `/admin/marks/sheets/${sheet._id}`);
  await first.fill('60');
  const cells = [45, 33].map((value, index) => ({ student: rows[index]?._id, part: 'theory', value, base: rows[index]?.cells.theory.rev }));
  await api.call('office', 'PATCH', `/admin/marks/sheets/${sheet._id}/cells`, { cells });
  await expect(teacher.locator('[data-cell="1:0"]')).toHaveValue('33');
  await expect(first).toHaveValue('60');
  await teacher.keyboard.press('Enter');
  await expect(teacher.getByRole('alert')).toContainText('you wrote 60, somebody else wrote 45');
  await teacher.getByRole('button', { name: 'Keep 45' }).click();
  await expect(first).toHaveValue('45');
});

test('cells are pasted, and marked absent with a key', async ({ open, api, titled }) => {
  const subject = titled('Pasted');
  const sheet = await api.call<Sheet>('office', 'POST', '/admin/marks/sheets', { course: 'GNM', semester: 3, subject, examType: 'Internal', maxima: { theory: 75, practical: 25, viva: 0, assignment: 0 } });
  const teacher = await open('faculty1', { at: `/marks?sheet=${sheet._id}` });
  const cell = (row: number, column: number) => teacher.locator(`[data-cell="${row}:${column}"]`);
  await cell(0, 0).evaluate((element) => {
    const transfer = new DataTransfer();
    transfer.setData('text/plain', '40\t20\n41\tAB\n');
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true }));
  });
  await expect(cell(1, 1)).toHaveValue('AB');
  await expect(teacher.getByText('Saved', { exact: true })).toBeVisible();
  await cell(0, 0).focus();
  await teacher.keyboard.press('ArrowDown');
  await expect(cell(1, 0)).toBeFocused();
  await teacher.keyboard.press('a');
  await expect(cell(1, 0)).toHaveValue('AB');
  await teacher.reload();
  await expect(cell(1, 0)).toHaveValue('AB');
  await expect(cell(0, 1)).toHaveValue('20');
});

test('on a phone the grid is a list of students', async ({ open, api }) => {
  const { sheets } = await api.call<{ sheets: Sheet[] }>('faculty1', 'GET', '/admin/marks/sheets?state=draft');
  const teacher = await open('faculty1', { at: `/marks?sheet=${sheets[0]?._id ?? ''}`, context: phone });
  await expect(teacher.locator('[data-cell="0:0"]')).toBeVisible();
  const overflow = await teacher.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow).toBe(0);
});

test('on a phone, which has no letters there, somebody is absent or withheld with a button, and back with the same', async ({ open, api, titled }) => {
  const subject = titled('No letters');
  const sheet = await api.call<Sheet>('office', 'POST', '/admin/marks/sheets', { course: 'GNM', semester: 3, subject, examType: 'Internal', maxima: { theory: 75, practical: 25, viva: 0, assignment: 0 } });
  const teacher = await open('faculty1', { at: `/marks?sheet=${sheet._id}`, context: phone });
  const first = teacher.locator('[data-cell="0:0"]');
  const word = (name: string) => teacher.getByRole('button', { name: new RegExp(`^${name}: Theory, `) }).first();
  await first.fill('41');
  await word('AB, absent').tap();
  await expect(first).toHaveValue('AB');
  await word('WH, withheld').tap();
  await expect(first).toHaveValue('WH');
  await expect(word('WH, withheld')).toHaveAttribute('aria-pressed', 'true');
  await expect(word('AB, absent')).toHaveAttribute('aria-pressed', 'false');
  await word('WH, withheld').tap();
  await expect(first).toHaveValue('41');
  await expect(teacher.getByText('Saved', { exact: true })).toBeVisible();
});
