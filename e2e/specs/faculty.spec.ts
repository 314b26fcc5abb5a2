import type { Page } from '@playwright/test';
import { password as demoPassword } from '../support/api.ts';
import { check } from '../support/check.ts';
import { badge, expect, notices, test } from '../support/test.ts';

const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });
const mailOf = (name: string) => `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '.')}@example.com`;

test('a faculty member is added with a subject, signs in with what was shown once, and can act on that subject alone', async ({ open, api, browser, titled }) => {
  const name = titled('Sister Mary');
  const [office, other] = await Promise.all([open('office', { at: '/faculty' }), open('office', { at: '/faculty' })]);
  await office.getByRole('button', { name: 'Add', exact: true }).click();
  const form = office.getByRole('dialog', { name: 'Add a faculty member' });
  await form.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(form.getByLabel('Name', { exact: true })).toHaveAccessibleDescription('Write the name.');
  await form.getByLabel('Name', { exact: true }).fill(name);
  await form.getByLabel('Email').fill(mailOf(name));
  await form.getByLabel('Designation').fill('Lecturer');
  await form.getByLabel('Department').fill('Anatomy');
  await form.getByRole('checkbox', { name: /^GNM:/ }).check();
  await form.getByLabel('Only some').check();
  await form.getByLabel('Subjects of GNM', { exact: true }).fill('Wound care');
  await form.getByLabel('Subjects of GNM', { exact: true }).press('Enter');
  await form.getByRole('button', { name: 'Add', exact: true }).click();
  const shown = office.getByRole('dialog', { name: 'The faculty member was added' });
  const secret = (await shown.getByText('Password', { exact: true }).locator('xpath=following-sibling::dd').textContent()) ?? '';
  expect(secret).not.toBe(demoPassword);
  await shown.getByRole('button', { name: 'Done' }).click();
  await expect(row(other, name)).toContainText('GNM: Wound care');

  const context = await browser.newContext({ baseURL: api.origin });
  const page = await context.newPage();
  await page.goto('/sign-in');
  await page.getByLabel('Email or student ID').fill(mailOf(name));
  await page.getByLabel('Password', { exact: true }).fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(badge(page)).toHaveText('Live');
  await page.goto('/attendance');
  await page.getByRole('button', { name: 'Open a class' }).click();
  const roll = page.getByRole('form', { name: 'Open a class' });
  await roll.getByLabel('Subject').fill('Pharmacology');
  await roll.getByRole('button', { name: 'Call the roll' }).click();
  await expect(roll.getByRole('alert').or(roll.getByLabel('Subject').and(page.locator('[aria-invalid=true]')))).toBeVisible();
  await roll.getByLabel('Subject').fill('Wound care');
  await roll.getByRole('button', { name: 'Call the roll' }).click();
  await expect(page).toHaveURL(/\/attendance\?class=/);

  await test.step('who has recorded something is not deleted, and the office is told what to do instead', async () => {
    const { _id } = (await api.call<{ _id: string; fullName: string }[]>('office', 'GET', `/admin/faculty?search=${encodeURIComponent(name)}`))[0] ?? { _id: '' };
    expect(_id).not.toBe('');
    await row(office, name).getByRole('button', { name: /^What to do with/ }).click();
    await office.getByRole('menuitem', { name: 'Delete' }).click();
    const dialog = office.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await expect(dialog.getByRole('alert')).toContainText('Switch the account off instead');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await row(office, name).getByRole('button', { name: /^What to do with/ }).click();
    await office.getByRole('menuitem', { name: 'Switch off' }).click();
    await office.getByRole('dialog').getByRole('button', { name: 'Switch off' }).click();
    await expect(page).toHaveURL(/\/sign-in/);
    await expect(row(other, name)).toContainText('Switched off');
  });
  await context.close();
});

test('two of the office who change one faculty member are shown both sides; different courses do not meet', async ({ open, api, titled }) => {
  const name = titled('Brother John');
  const { _id } = await api.call<{ _id: string }>('office', 'POST', '/admin/faculty', { fullName: name, email: mailOf(name), password: 'ward-round-at-dawn-7', designation: 'Lecturer', department: 'Anatomy' });
  const office = await open('office', { at: `/faculty?search=${encodeURIComponent(name)}` });
  await row(office, name).getByRole('button', { name: /^What to do with/ }).click();
  await office.getByRole('menuitem', { name: 'Edit' }).click();
  const change = office.getByRole('dialog', { name: `Change ${name}` });
  await change.getByLabel('Department').fill('Mine');
  await change.getByRole('checkbox', { name: /^ANM:/ }).check();
  await api.call('office', 'PUT', `/admin/faculty/${_id}`, { department: 'Theirs', teaches: [{ course: await api.courseId('GNM'), subjects: [] }] });
  // The list behind is renewed; what was typed is still there.
  await expect(row(office, name)).toContainText('GNM: all subjects');
  await expect(change.getByLabel('Department')).toHaveValue('Mine');
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(change.getByRole('alert')).toContainText('Teaches GNM (all subjects)');
  await change.getByLabel('Theirs: Theirs').check();
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(change).toBeHidden();
  await expect(notices(office)).toContainText(`Saved: ${name}`);
  await expect(row(office, name)).toContainText('Theirs');
  await expect(row(office, name)).toContainText('ANM: all subjects');
  await expect(row(office, name)).toContainText('GNM: all subjects');
});

test('nothing on the page of the faculty is in anybody’s way', async ({ open }) => {
  const office = await open('office', { at: '/faculty' });
  await expect(row(office, 'FAC001')).toBeVisible();
  await check(office, 'faculty');
});
