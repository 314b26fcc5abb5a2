import type { Page } from '@playwright/test';
import { emailOf, password } from '../support/api.ts';
import { badge, expect, test } from '../support/test.ts';

const heading = (page: Page) => page.getByRole('heading', { level: 1 });
const signIn = async (page: Page, email: string, secret: string) => {
  await page.getByLabel('Email or student ID').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
};
const account = async (page: Page, entry: string) => {
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('menuitem', { name: entry }).click();
};

test('a wrong password is said, the right one opens the page that was wanted', async ({ page }) => {
  await page.goto('/downloads?search=balance');
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await signIn(page, emailOf('gnm.student'), 'not this one');
  await expect(page.getByRole('alert')).toContainText(/password/i);
  await expect(page.getByLabel('Password', { exact: true })).toBeFocused();
  await expect(page.getByLabel('Email or student ID')).toHaveValue(emailOf('gnm.student'));

  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/downloads\?search=balance$/);
  await expect(page.getByRole('main').getByRole('article')).toHaveCount(1);
});

test('nothing is asked of the server before both fields are filled in', async ({ page }) => {
  await page.goto('/sign-in');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByLabel('Email or student ID')).toHaveAccessibleDescription('Write your email or student ID.');
  await expect(page.getByLabel('Email or student ID')).toBeFocused();
});

test('a student signs in with the name on the card as well', async ({ page }) => {
  await page.goto('/sign-in');
  await signIn(page, 'GNM2025005', password);
  await expect(page.getByText(/Student ID GNM2025005/i)).toBeVisible();
});

test('a demo card opens the page of that person', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('button', { name: /Faculty, teaches GNM and ANM/ }).click();
  await expect(heading(page)).toHaveText(/^(Good|Hello)/);
  await expect(badge(page)).toHaveText('Live');
  await page.getByRole('button', { name: /^Account of/ }).click();
  await expect(page.getByText(`Faculty · ${emailOf('faculty1')}`)).toBeVisible();
});

test('signing out ends every tab of the browser, and only that browser', async ({ open }) => {
  const [first, elsewhere] = await Promise.all([open('bsc.student', { at: '/', alone: true }), open('bsc.student', { at: '/', alone: true })]);
  const second = await first.context().newPage();
  await second.goto('/downloads');
  await expect(badge(second)).toHaveText('Live');
  await account(first, 'Sign out');
  await expect(first).toHaveURL(/\/sign-in$/);
  await expect(second).toHaveURL(/\/sign-in\?next=%2Fdownloads$/);
  await expect(second.getByText('You signed out in another tab of this browser.')).toBeVisible();
  await expect(badge(elsewhere)).toHaveText('Live');
});

test('a changed password signs out all other devices at once and keeps this one', async ({ open, api, titled }) => {
  // Nobody else in these tests is this student.
  const person = 'gnm2025004';
  const secret = 'ward-round-at-dawn-7';
  const [here, there] = await Promise.all([open(person), open(person)]);
  await account(here, 'Change password');
  const form = here.getByRole('dialog', { name: 'Change password' });
  const change = async (now: string, next: string, again: string) => {
    await form.getByLabel('Password now', { exact: true }).fill(now);
    await form.getByLabel('New password', { exact: true }).fill(next);
    await form.getByLabel('New password once more', { exact: true }).fill(again);
    await form.getByRole('button', { name: 'Change password' }).click();
  };
  await change(password, secret, 'something else');
  await expect(form.getByLabel('New password once more', { exact: true })).toHaveAccessibleDescription('This is not the same as the new password.');
  await change('not this one', secret, secret);
  await expect(form.getByText(/password/i).filter({ hasText: /not|wrong/i }).first()).toBeVisible();
  await change(password, secret, secret);
  await expect(form).toBeHidden();

  await expect(there).toHaveURL(/\/sign-in/);
  await expect(there.getByText(/You were signed out/)).toBeVisible();
  await expect(badge(here)).toHaveText('Live');
  const title = titled('After the change');
  await api.upload(title, { student: person });
  await expect(here.getByRole('article', { name: title })).toHaveCount(1);

  await signIn(there, emailOf(person), secret);
  await expect(there.getByRole('article', { name: title })).toHaveCount(1);
});
