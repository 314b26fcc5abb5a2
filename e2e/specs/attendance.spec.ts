import type { Page } from '@playwright/test';
import { Api } from '../support/api.ts';
import { check } from '../support/check.ts';
import { eventsOf, expect, notices, phone, test } from '../support/test.ts';

const seat = (page: Page, name: string) => page.getByRole('group', { name });
const mark = (page: Page, name: string, status: string) => seat(page, name).getByRole('button', { name: status, exact: true });

/** Opens a class of GNM, semester 3, with the form. */
async function openClass(page: Page, subject: string): Promise<string> {
  await page.getByRole('button', { name: 'Open a class' }).click();
  const form = page.getByRole('form', { name: 'Open a class' });
  await form.getByLabel('Course').selectOption('GNM');
  await form.getByLabel('Semester').selectOption('3');
  await form.getByLabel('Subject').fill(subject);
  await form.getByLabel('Kind of class').selectOption('Clinical');
  await form.getByRole('button', { name: 'Call the roll' }).click();
  await expect(page.getByRole('heading', { level: 1, name: subject })).toBeVisible();
  return page.url();
}

/** The name of the student who signs in as `gnm.student`. */
async function studentOf(api: Api): Promise<string> {
  const me = await api.call<{ students: { fullName: string; email?: string }[] }>('office', 'GET', '/admin/students?limit=500');
  const found = me.students.find(({ email }) => email === 'gnm.student@demo.lamplight.example');
  if (found === undefined) throw new Error('no gnm.student');
  return found.fullName;
}

test('what one teacher taps is on the other’s board, on the wall and on the student’s page at once', async ({ open, titled, api }) => {
  const subject = titled('Ward duty');
  const name = await studentOf(api);
  let othersEvents: string[] = [];
  const [teacher, office, student] = await Promise.all([
    open('faculty1', { at: '/attendance' }),
    open('office', { at: '/attendance' }),
    open('gnm.student', { at: '/attendance', context: phone }),
    open('bsc.student', { at: '/attendance', before: (page) => (othersEvents = eventsOf(page)) }),
  ]);
  await openClass(teacher, subject);
  const card = office.getByRole('article', { name: `${subject}, GNM semester 3` });
  await expect(card.getByText('Not taken')).toBeVisible();
  await card.getByRole('link', { name: 'Mark' }).click();
  await expect(office.getByRole('heading', { level: 1, name: subject })).toBeVisible();

  await mark(teacher, name, 'Late').click();
  await expect(mark(office, name, 'Late')).toHaveAttribute('aria-pressed', 'true');
  await expect(seat(office, name)).toContainText('by Mary Kurian');
  await expect(notices(student)).toContainText(subject);
  await expect(student.getByRole('article', { name: `${subject}, Clinical` })).toContainText('1 of 1 attended');

  await test.step('the other corrects it, and both see that', async () => {
    await mark(office, name, 'Absent').click();
    await expect(mark(teacher, name, 'Absent')).toHaveAttribute('aria-pressed', 'true');
    await expect(student.getByRole('article', { name: `${subject}, Clinical` })).toContainText('must be made up');
  });
  await test.step('all others are present with one button, and not with another', async () => {
    await teacher.getByRole('button', { name: 'All others present' }).click();
    await expect(office.getByText('10 of 10 marked, 9 there')).toBeVisible();
    await teacher.getByRole('button', { name: 'Undo' }).click();
    await expect(office.getByText('1 of 10 marked, 0 there')).toBeVisible();
  });
  await test.step('what the other has corrected is not undone', async () => {
    await teacher.getByRole('button', { name: 'Undo' }).click();
    await expect(teacher.getByRole('button', { name: 'Undo' })).toBeDisabled();
    await teacher.getByRole('button', { name: 'All others present' }).click();
    await expect(office.getByText('10 of 10 marked, 9 there')).toBeVisible();
    await expect(mark(office, name, 'Absent')).toHaveAttribute('aria-pressed', 'true');
  });
  expect(othersEvents, 'who is not concerned hears nothing').toEqual([]);
});

test('the keyboard alone calls a roll', async ({ open, titled }) => {
  const teacher = await open('faculty1', { at: '/attendance' });
  await openClass(teacher, titled('By keyboard'));
  const groups = teacher.getByRole('list', { name: 'Students' }).getByRole('group');
  await groups.nth(0).getByRole('button').first().focus();
  for (const key of ['p', 'a', 'l', 'v']) await teacher.keyboard.press(key);
  for (const [row, status] of ['Present', 'Absent', 'Late', 'Leave'].entries()) {
    await expect(groups.nth(row).getByRole('button', { name: status, exact: true })).toHaveAttribute('aria-pressed', 'true');
  }
  await expect(groups.nth(4).getByRole('button').first()).toBeFocused();
  await teacher.keyboard.press('ArrowUp');
  await expect(groups.nth(3).getByRole('button').first()).toBeFocused();
});

test('a class that was closed too early is opened again, also for the other', async ({ open, titled, api }) => {
  const subject = titled('Closed too early');
  const name = await studentOf(api);
  const [teacher, office] = await Promise.all([open('faculty1', { at: '/attendance' }), open('office', { at: '/attendance' })]);
  const address = new URL(await openClass(teacher, subject));
  await office.goto(`/attendance${address.search}`);
  await mark(teacher, name, 'Late').click();
  await expect(seat(teacher, name)).toContainText('Late, by');
  await teacher.getByRole('button', { name: 'Close class' }).click();
  await expect(mark(teacher, name, 'Absent')).toBeDisabled();
  await expect(mark(office, name, 'Absent')).toBeDisabled();

  await teacher.getByRole('button', { name: 'Open again' }).click();
  await expect(teacher.getByText('This class is closed')).toHaveCount(0);
  await expect(mark(teacher, name, 'Late')).toHaveAttribute('aria-pressed', 'true');
  await mark(office, name, 'Absent').click();
  await expect(mark(teacher, name, 'Absent')).toHaveAttribute('aria-pressed', 'true');
});

test('marks that are made without a signal are kept and merge when it is back', async ({ open, titled, line, api }) => {
  const subject = titled('In the village');
  const name = await studentOf(api);
  const far = new Api(line.origin);
  const [teacher, office] = await Promise.all([open('faculty1', { at: '/attendance', api: far, context: phone }), open('office', { at: '/attendance' })]);
  const address = new URL(await openClass(teacher, subject));
  await office.goto(`/attendance${address.search}`);
  const groups = teacher.getByRole('list', { name: 'Students' }).getByRole('group');
  await expect(groups).toHaveCount(10);

  line.cut();
  await mark(teacher, name, 'Present').click();
  await groups.filter({ hasNotText: name }).first().getByRole('button', { name: 'Late', exact: true }).click();
  await expect(teacher.getByText('2 marks not sent yet')).toBeVisible();
  await expect(mark(teacher, name, 'Present')).toHaveAttribute('aria-pressed', 'true');
  // Meanwhile somebody else marks the same student.
  await mark(office, name, 'Absent').click();
  await expect(seat(office, name)).toContainText('by Leela Thomas');

  line.mend();
  await expect(teacher.getByText('not sent yet')).toHaveCount(0, { timeout: 30_000 });
  await expect(teacher.getByText(/Leela Thomas said Absent after you/)).toBeVisible();
  await expect(mark(teacher, name, 'Absent')).toHaveAttribute('aria-pressed', 'true');
  await expect(office.getByText('2 of 10 marked, 1 there')).toBeVisible();
});

test('nothing on the pages of attendance is in anybody’s way', async ({ open, titled }) => {
  test.slow();
  const teacher = await open('faculty1', { at: '/attendance' });
  await teacher.getByRole('button', { name: 'Open a class' }).click();
  await expect(teacher.getByRole('form', { name: 'Open a class' })).toBeVisible();
  await check(teacher, 'the classes of a day');
  await teacher.getByRole('button', { name: 'Open a class' }).click();
  await openClass(teacher, titled('Looked at'));
  const groups = teacher.getByRole('list', { name: 'Students' }).getByRole('group');
  for (const [row, status] of ['Present', 'Absent', 'Late', 'Leave'].entries()) await groups.nth(row).getByRole('button', { name: status, exact: true }).click();
  await teacher.getByRole('button', { name: 'All others present' }).click();
  await expect(teacher.getByText('10 of 10 marked')).toBeVisible();
  await check(teacher, 'the board');
  const student = await open('gnm.student', { at: '/attendance' });
  await expect(student.getByRole('heading', { name: 'This semester' })).toBeVisible();
  await check(student, 'own attendance');
});
