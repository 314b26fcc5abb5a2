import type { Page } from '@playwright/test';
import { emailOf, password } from '../support/api.ts';
import { check } from '../support/check.ts';
import { badge, expect, test } from '../support/test.ts';

const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });
const choose = async (page: Page, name: string, entry: string) => {
  await row(page, name).getByRole('button', { name: /^What to do with/ }).click();
  await page.getByRole('menuitem', { name: entry }).click();
};

async function signIn(page: Page, who: string, secret: string): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('Email or student ID').fill(who);
  await page.getByLabel('Password', { exact: true }).fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('an account is made, signs in with what was shown once, and is signed out at once when it is switched off', async ({ open, api, browser, titled }) => {
  const name = titled('Sister Agnes');
  const username = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '.');
  const [office, other] = await Promise.all([open('office', { at: '/users' }), open('office', { at: '/users' })]);
  await office.getByRole('button', { name: 'Add', exact: true }).click();
  const form = office.getByRole('dialog', { name: 'Add an account' });
  await form.getByRole('button', { name: 'Add' }).click();
  await expect(form.getByLabel('Name', { exact: true })).toHaveAccessibleDescription('Write the name.');
  await form.getByLabel('Name', { exact: true }).fill(name);
  await form.getByLabel('User name').fill(username);
  await form.getByLabel('Email').fill(`${username}@example.com`);
  await form.getByRole('button', { name: 'Add' }).click();
  const shown = office.getByRole('dialog', { name: 'The account was made' });
  const secret = (await shown.getByText('Password', { exact: true }).locator('xpath=following-sibling::dd').textContent()) ?? '';
  await shown.getByRole('button', { name: 'Done' }).click();
  await expect(row(other, name)).toContainText('Faculty');

  const context = await browser.newContext({ baseURL: api.origin });
  const page = await context.newPage();
  await signIn(page, username, secret);
  await expect(badge(page)).toHaveText('Live');
  await expect(page.getByText('Somebody else knows your password.')).toBeVisible();

  await choose(office, name, 'Switch off');
  await office.getByRole('dialog').getByRole('button', { name: 'Switch off' }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  await expect(row(other, name)).toContainText('Switched off');
  await choose(office, name, 'Delete');
  await office.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(row(other, name)).toHaveCount(0);
  await context.close();
});

test('two of the office who change one account are shown both sides', async ({ open, api, titled }) => {
  const name = titled('Brother Paul');
  const username = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '.');
  const { user } = await api.call<{ user: { _id: string } }>('office', 'POST', '/admin/users', { fullName: name, username, email: `${username}@example.com`, role: 'faculty' });
  const office = await open('office', { at: `/users?search=${username}` });
  await choose(office, name, 'Edit');
  const change = office.getByRole('dialog', { name: /^Change/ });
  await change.getByLabel('Department').fill('Mine');
  await api.call('office', 'PUT', `/admin/users/${user._id}`, { department: 'Theirs', designation: 'Lecturer' });
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(change.getByRole('alert')).toContainText('Designation (Lecturer)');
  await expect(change.getByLabel('Yours: Mine')).toBeChecked();
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(change).toBeHidden();
  await expect(row(office, name)).toContainText('Lecturer');
});

test('an account that is switched on the page of the faculty is so on that of the accounts, and the other way round', async ({ open, api, titled }) => {
  const name = titled('Sister Ruth');
  const { _id } = await api.call<{ _id: string }>('office', 'POST', '/admin/faculty', { fullName: name, email: `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '.')}@example.com`, password: 'ward-round-at-dawn-7', designation: 'Lecturer', department: 'Anatomy' });
  const search = encodeURIComponent(name);
  const [faculty, accounts] = await Promise.all([open('office', { at: `/faculty?search=${search}` }), open('office', { at: `/users?search=${search}` })]);
  await expect(row(accounts, name)).toBeVisible();
  await api.call('office', 'PUT', `/admin/faculty/${_id}`, { isActive: false });
  await expect(row(accounts, name)).toContainText('Switched off');
  await expect(row(faculty, name)).toContainText('Switched off');
  await choose(accounts, name, 'Switch on');
  await accounts.getByRole('dialog').getByRole('button', { name: 'Switch on' }).click();
  await expect(row(faculty, name)).not.toContainText('Switched off');
});

test('an account that is switched off once more, because the first answer was lost, stays switched off', async ({ open, api, titled }) => {
  const name = titled('Sister Lucy');
  const username = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '.');
  await api.call('office', 'POST', '/admin/users', { fullName: name, username, email: `${username}@example.com`, role: 'faculty' });
  const office = await open('office', { at: `/users?search=${username}` });
  await office.route('**/api/admin/users/*', async (route) => {
    if (route.request().method() !== 'PUT') return route.continue();
    await route.fetch();
    return route.abort();
  }, { times: 1 });
  await choose(office, name, 'Switch off');
  const asked = office.getByRole('dialog', { name: `Switch ${name} off?` });
  await asked.getByRole('button', { name: 'Switch off' }).click();
  await expect(asked.getByRole('alert')).toContainText('It was not done');
  // Heard of while it is still asked.
  await expect(office.locator('tr').filter({ hasText: name })).toContainText('Switched off');
  await asked.getByRole('button', { name: 'Switch off' }).click();
  await expect(asked).toBeHidden();
  await expect(row(office, name)).toContainText('Switched off');
});

test('a password that was made stays on the page when the row of its account leaves it, and a refused form leads to its field', async ({ open, api, titled }) => {
  const name = titled('Sister Mercy');
  const username = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '.');
  const { user } = await api.call<{ user: { _id: string } }>('office', 'POST', '/admin/users', { fullName: name, username, email: `${username}@example.com`, role: 'faculty' });
  const office = await open('office', { at: `/users?search=${username}` });
  await choose(office, name, 'Edit');
  const change = office.getByRole('dialog', { name: /^Change/ });
  await change.getByLabel('User name').fill('office');
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(change.getByLabel('User name')).toBeFocused();
  await change.getByRole('button', { name: 'Cancel' }).click();

  await choose(office, name, 'New password');
  await office.getByRole('button', { name: 'Make a new password' }).click();
  const shown = office.getByRole('dialog', { name: 'New password', exact: true });
  await expect(shown).toBeVisible();
  await api.call('office', 'DELETE', `/admin/users/${user._id}`);
  await expect(office.getByText('Nobody found')).toBeAttached();
  await expect(shown).toBeVisible();
});

test('who looks at a page of accounts that was emptied is led to the last one', async ({ open }) => {
  const office = await open('office', { at: '/users?page=9' });
  await expect(office.getByRole('navigation', { name: 'Pages of the table' })).toBeVisible();
  await expect(office.getByRole('button', { name: 'The page after' })).toBeDisabled();
  await expect(office).not.toHaveURL(/page=9/);
});

test('who wants to add a student is led to the page of the students, with its form open', async ({ open }) => {
  const office = await open('office', { at: '/users' });
  await office.getByRole('button', { name: 'Add', exact: true }).click();
  await office.getByRole('dialog', { name: 'Add an account' }).getByLabel('Role').selectOption('Student');
  await office.getByRole('dialog').getByRole('link', { name: 'Add a student' }).click();
  const form = office.getByRole('dialog', { name: 'Add a student' });
  await expect(form.getByLabel('First name')).toBeVisible();
  await form.getByRole('button', { name: 'Cancel' }).click();
  await expect(form).toBeHidden();
  await expect(office).toHaveURL(/\/students$/);
});

test('a student changes how they are reached, sees what the office changes, and both sides when both do', async ({ open, api }) => {
  const person = 'anm2026004';
  const student = await open(person, { at: '/account' });
  const contact = student.getByRole('region', { name: 'How you are reached' });
  const phone = contact.getByLabel('Telephone', { exact: true });
  const save = contact.getByRole('button', { name: 'Save' });
  await phone.fill('12');
  await save.click();
  await expect(phone).toHaveAttribute('aria-invalid', 'true');
  await phone.fill('98470 12345');
  await save.click();
  await expect(save).toBeDisabled();

  const id = await api.studentId(person);
  await api.call('office', 'PUT', `/admin/students/${id}`, { guardianDetails: 'Her aunt' });
  await expect(contact.getByLabel('Guardian')).toHaveValue('Her aunt');
  await contact.getByLabel('Address').fill('Mine');
  await api.call('office', 'PUT', `/admin/students/${id}`, { address: 'Theirs' });
  await save.click();
  await contact.getByLabel('Theirs: Theirs').check();
  await save.click();
  // By its role: until the answer is there, the choice between both sides is called so too.
  await expect(contact.getByRole('textbox', { name: 'Address' })).toHaveValue('Theirs');
  await check(student, 'account of a student');
});

test('the last of the office can’t be switched off, and is told so', async ({ open }) => {
  const office = await open('office', { at: '/users?role=admin' });
  await choose(office, 'Leela Thomas', 'Switch off');
  const dialog = office.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Switch off' }).click();
  await expect(dialog.getByRole('alert')).toContainText('It was not done');
});

test('one device is signed out from another, and then all others', async ({ open, api, browser }) => {
  const person = 'bscn2025003';
  const here = await open(person, { at: '/account' });
  const others = await Promise.all([1, 2].map(async () => {
    const page = await (await browser.newContext({ baseURL: api.origin })).newPage();
    await signIn(page, emailOf(person), password);
    await expect(badge(page)).toHaveText('Live');
    return page;
  }));
  await here.reload();
  const devices = here.getByRole('region', { name: 'Your devices' }).getByRole('listitem');
  await expect(devices.filter({ hasText: 'This device' })).toHaveCount(1);
  await expect(devices).toHaveCount(3);
  await devices.getByRole('button', { name: /^Sign out/ }).first().click();
  await expect(devices).toHaveCount(2);
  await expect.poll(() => others.filter((page) => page.url().includes('/sign-in')).length).toBe(1);
  await here.getByRole('button', { name: 'Sign out all other devices' }).click();
  await here.getByRole('dialog').getByRole('button', { name: 'Sign them out' }).click();
  await expect.poll(() => others.filter((page) => page.url().includes('/sign-in')).length).toBe(2);
  await expect(badge(here)).toHaveText('Live');
  await Promise.all(others.map((page) => page.context().close()));
});

test('who has forgotten the password is told what to do, and a broken link says so', async ({ page }) => {
  await page.goto('/sign-in');
  await page.getByRole('link', { name: 'have a link sent to you' }).click();
  await page.getByRole('button', { name: 'Send the link' }).click();
  await expect(page.getByLabel('Email')).toHaveAccessibleDescription('Write the email address you sign in with.');
  await page.getByLabel('Email').fill(emailOf('gnm.student'));
  await page.getByRole('button', { name: 'Send the link' }).click();
  await expect(page.getByRole('status')).toContainText('a mail is on its way');
  await page.goto('/reset-password#made-up');
  await page.getByLabel('New password', { exact: true }).fill('ward-round-at-dawn-7');
  await page.getByLabel('New password once more', { exact: true }).fill('something else');
  await page.getByRole('button', { name: 'Set the password' }).click();
  await expect(page.getByLabel('New password once more', { exact: true })).toHaveAccessibleDescription(/not the same/);
  await page.getByLabel('New password once more', { exact: true }).fill('ward-round-at-dawn-7');
  await page.getByRole('button', { name: 'Set the password' }).click();
  await expect(page.getByRole('alert')).toContainText(/link/i);
});

test('nothing on the pages of accounts is in anybody’s way', async ({ open, page }) => {
  test.slow();
  const office = await open('office', { at: '/users?role=admin' });
  await expect(row(office, 'Leela Thomas')).toBeVisible();
  await check(office, 'users');
  await office.goto('/account');
  await expect(office.getByText('This device')).toBeVisible();
  await check(office, 'account');
  await page.goto('/forgot-password');
  await check(page, 'forgotten password');
});
