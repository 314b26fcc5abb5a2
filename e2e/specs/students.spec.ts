import type { Page } from '@playwright/test';
import { check } from '../support/check.ts';
import { badge, expect, phone, test } from '../support/test.ts';

const row = (page: Page, name: string) => page.getByRole('table', { name: 'Students' }).getByRole('row').filter({ hasText: name });
const search = (page: Page, words: string) => page.getByLabel('Search the students').fill(words);

let numbers = 0;
/** A name, an address and a number that nobody else has. */
function somebody() {
  numbers += 1;
  const number = `${process.pid % 1000}${numbers}`.padStart(6, '0');
  return { firstName: `Asha${number}`, lastName: 'Verma', personalEmail: `asha${number}@example.com`, mobileNumber: `9876${number.slice(-6)}` };
}

test('a student is added, is in the other’s open list at once, signs in with what was shown once, and is changed and deleted', async ({ open, api, browser }) => {
  const who = somebody();
  const [office, other] = await Promise.all([open('office', { at: '/students' }), open('office', { at: `/students?search=${who.firstName}` })]);
  await expect(other.getByText('Nobody found')).toBeVisible();
  await office.getByRole('button', { name: 'Add', exact: true }).click();
  const form = office.getByRole('dialog', { name: 'Add a student' });
  await form.getByRole('button', { name: 'Add' }).click();
  await expect(form.getByLabel('First name')).toBeFocused();
  await expect(form.getByLabel('First name')).toHaveAccessibleDescription('Give a first name.');
  await form.getByLabel('First name').fill(who.firstName);
  await form.getByLabel('Last name').fill(who.lastName);
  await form.getByLabel('Email').fill(who.personalEmail);
  await form.getByLabel('Mobile number').fill('12');
  await form.getByLabel('Course').selectOption('GNM: General Nursing and Midwifery');
  await form.getByRole('button', { name: 'Add' }).click();
  await expect(form.getByLabel('Mobile number')).toHaveAccessibleDescription(/ten digits/);
  await form.getByLabel('Mobile number').fill(who.mobileNumber);
  await form.getByRole('button', { name: 'Add' }).click();

  const shown = office.getByRole('dialog', { name: 'The student was added' });
  await expect(shown).toContainText('The password is shown this once');
  const said = async (label: string) => (await shown.getByText(label, { exact: true }).locator('xpath=following-sibling::dd').textContent()) ?? '';
  const [id, password] = [await said('Student ID'), await said('Password')];
  await shown.getByRole('button', { name: 'Done' }).click();
  await expect(row(other, who.firstName)).toContainText(id);

  await test.step('signs in with it', async () => {
    const context = await browser.newContext({ baseURL: api.origin });
    const page = await context.newPage();
    await page.goto('/sign-in');
    await page.getByLabel('Email or student ID').fill(id);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(badge(page)).toHaveText('Live');
    await expect(page.getByText(`Student ID ${id}`)).toBeVisible();
    await context.close();
  });

  await test.step('is changed', async () => {
    await search(office, who.firstName);
    await row(office, who.firstName).getByRole('link').click();
    await office.getByRole('button', { name: 'Edit' }).click();
    const change = office.getByRole('dialog', { name: /^Change/ });
    await change.getByLabel('Semester').selectOption('2');
    await change.getByRole('button', { name: 'Save' }).click();
    await expect(change).toBeHidden();
    await expect(row(other, who.firstName).getByRole('cell').nth(2)).toHaveText('2');
  });

  await test.step('is given a new password', async () => {
    await office.getByRole('button', { name: 'New password' }).click();
    await office.getByRole('button', { name: 'Make a new password' }).click();
    const given = office.getByRole('dialog', { name: 'New password', exact: true });
    await expect(given).toContainText(id);
    await expect(given).not.toContainText(password);
    await given.getByRole('button', { name: 'Done' }).click();
  });

  await test.step('is deleted', async () => {
    await office.getByRole('button', { name: 'Delete' }).click();
    await office.getByRole('dialog', { name: /^Delete/ }).getByRole('button', { name: 'Delete' }).click();
    await expect(other.getByText('Nobody found')).toBeVisible();
  });
});

test('two of the office who change one student are shown both sides, and nothing that was typed is lost', async ({ open, api }) => {
  const who = somebody();
  const { student } = await api.call<{ student: { _id: string } }>('office', 'POST', '/admin/students', { ...who, courseEnrolled: 'GNM' });
  const office = await open('office', { at: `/students?student=${student._id}` });
  await office.getByRole('button', { name: 'Edit' }).click();
  const change = office.getByRole('dialog', { name: /^Change/ });
  await change.getByLabel('Last name').fill('Mine');
  await change.getByLabel('Year of admission').fill('2025');
  await api.call('office', 'PUT', `/admin/students/${student._id}`, { lastName: 'Theirs', semester: 3 });
  // The list behind is renewed by then; the form is not.
  await expect(change.getByLabel('Last name')).toHaveValue('Mine');
  await change.getByRole('button', { name: 'Save' }).click();
  const both = change.getByRole('alert');
  await expect(both).toContainText('Taken over from them: Semester (3)');
  await expect(both.getByLabel('Yours: Mine')).toBeChecked();
  await both.getByLabel('Theirs: Theirs').check();
  // Once more meanwhile: what was chosen stays chosen.
  await api.call('office', 'PUT', `/admin/students/${student._id}`, { semester: 4 });
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(both).toContainText('Taken over from them: Semester (4)');
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(change).toBeHidden();
  const stored = await api.call<{ lastName: string; semester: number; batchYear: number }>('office', 'GET', `/admin/students/${student._id}`);
  expect(stored).toMatchObject({ lastName: 'Theirs', semester: 4, batchYear: 2025 });
});

test('Escape closes what is open above a student alone, a password is not closed by it, and what is being saved stays', async ({ open, api }) => {
  const who = { ...somebody(), mobileNumber: '9123456780' };
  const { firstName } = who;
  await api.call('office', 'POST', '/admin/students', { ...who, courseEnrolled: 'GNM' });
  const office = await open('office', { at: `/students?search=${firstName}` });
  await row(office, firstName).getByRole('link').click();
  const view = office.getByRole('dialog', { name: `${firstName} ${who.lastName}`, exact: true });
  await office.getByRole('button', { name: 'Edit' }).click();
  const change = office.getByRole('dialog', { name: /^Change/ });
  await expect(change).toBeVisible();
  await office.keyboard.press('Escape');
  await expect(change).toBeHidden();
  await expect(view).toBeVisible();

  await office.getByRole('button', { name: 'New password' }).click();
  await office.getByRole('button', { name: 'Make a new password' }).click();
  const shown = office.getByRole('dialog', { name: 'New password', exact: true });
  await expect(shown).toContainText('The password is shown this once');
  await office.keyboard.press('Escape');
  await expect(shown).toBeVisible();
  await shown.getByRole('button', { name: 'Done' }).click();

  let answer: (() => void) | undefined;
  const answered = new Promise<void>((now) => (answer = now));
  await office.route('**/api/admin/students/*', async (route) => {
    if (route.request().method() === 'PUT') await answered;
    await route.continue();
  });
  await office.getByRole('button', { name: 'Edit' }).click();
  await change.getByLabel('Semester').selectOption('2');
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(change.getByRole('button', { name: 'Cancel' })).toBeDisabled();
  await expect(change.getByRole('button', { name: 'Close' })).toBeDisabled();
  await office.keyboard.press('Escape');
  await expect(change).toBeVisible();
  answer?.();
  await expect(change).toBeHidden();
  await expect(view).toContainText('semester 2');
});

test('one who has records is archived, and brought back', async ({ open, api }) => {
  const id = await api.studentId('ANM2025002');
  const office = await open('office', { at: `/students?student=${id}` });
  await office.getByRole('button', { name: 'Delete' }).click();
  await office.getByRole('dialog', { name: /^Delete/ }).getByRole('button', { name: 'Delete' }).click();
  await expect(office.getByText(/^Archived: /)).toBeVisible();
  await office.goto('/students?archived=true');
  await row(office, 'ANM2025002').getByRole('link').click();
  await office.getByRole('button', { name: 'Bring back' }).click();
  await expect(office.getByRole('button', { name: 'Edit' })).toBeVisible();
  await expect(office.getByText('Archived: in no list')).toBeHidden();
});

test('a file of students is looked at before it is saved', async ({ open }) => {
  const [one, two] = [somebody(), somebody()];
  const lines = ['First Name,Last Name,Personal Email,Mobile Number,Course Code', ...[one, two].map((who) => [who.firstName, who.lastName, who.personalEmail, who.mobileNumber, 'GNM'].join(',')), 'Bad,Row,not-a-mail,1,NOPE'];
  const office = await open('office', { at: `/students?search=${one.firstName}` });
  await office.getByRole('button', { name: 'Import' }).click();
  const dialog = office.getByRole('dialog', { name: 'Import students' });
  await dialog.getByTestId('file').setInputFiles({ name: 'students.csv', mimeType: 'text/csv', buffer: Buffer.from(lines.join('\n')) });
  await expect(dialog.getByText('3 rows: 2 new, 0 changed, 0 the same, 1 left out')).toBeVisible();
  await expect(dialog.getByRole('listitem').first()).toContainText('Left out');
  await dialog.getByRole('button', { name: 'Save 2 rows' }).click();
  await expect(dialog).toBeHidden();
  await expect(row(office, one.firstName)).toBeVisible();
});

test('a long list is drawn where somebody looks, and asked for page by page', async ({ open }) => {
  const office = await open('office', { at: '/students' });
  const table = office.getByRole('table', { name: 'Students' });
  await expect(table.getByRole('row').nth(1)).toBeVisible();
  const total = Number(await table.getAttribute('aria-rowcount')) - 1;
  expect(total).toBeGreaterThan(100);
  expect(await table.getByRole('row').count()).toBeLessThan(60);
  await office.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
  await expect(table.locator(`[aria-rowindex="${total + 1}"]`).getByRole('link')).toBeVisible();
  expect(await table.getByRole('row').count()).toBeLessThan(60);
});

test('faculty see their students, without what is about the person and without buttons', async ({ open }) => {
  const teacher = await open('faculty1', { at: '/students', context: phone });
  await expect(teacher.getByText('Changes appear here within a minute.')).toBeVisible();
  await teacher.getByRole('table', { name: 'Students' }).getByRole('link').first().click();
  await expect(teacher.getByRole('dialog').getByText('Student ID')).toBeVisible();
  await expect(teacher.getByRole('dialog').getByText('Mobile number')).toHaveCount(0);
  await expect(teacher.getByRole('button', { name: 'Edit' })).toHaveCount(0);
  await expect(teacher.getByRole('button', { name: 'Add', exact: true })).toHaveCount(0);
});

test('nothing on the pages of students is in anybody’s way', async ({ open }) => {
  test.slow();
  const office = await open('office', { at: '/students?course=&semester=7' });
  await expect(office.getByRole('table', { name: 'Students' }).getByRole('link').first()).toBeVisible();
  await check(office, 'students');
  await office.getByRole('button', { name: 'Add', exact: true }).click();
  await office.getByRole('dialog').getByRole('button', { name: 'Add' }).click();
  await expect(office.getByText('Give a first name.')).toBeVisible();
  await check(office, 'the form of a student with mistakes');
});
