import type { Locator, Page } from '@playwright/test';
import { check } from '../support/check.ts';
import { notes } from '../support/files.ts';
import { expect, item, test } from '../support/test.ts';

test('nothing on the sign-in page is in anybody’s way', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'Look around' })).toBeVisible();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('Write your email or student ID.')).toBeVisible();
  await check(page, 'sign-in with mistakes');
});

test('nothing on a student’s pages is in anybody’s way', async ({ open }) => {
  const student = await open('gnm.student', { at: '/' });
  await expect(student.getByRole('article').first()).toBeVisible();
  await check(student, 'home');
  await student.getByRole('link', { name: 'All study material' }).click();
  await expect(student).toHaveURL(/downloads/);
  await expect(student.getByRole('article').first()).toBeVisible();
  await check(student, 'study material');
});

test('nothing on the list of staff is in anybody’s way', async ({ open }) => {
  const office = await open('office');
  await expect(office.getByRole('article').first()).toBeVisible();
  await check(office, 'study material');
});

test('nothing in the form of an upload is in anybody’s way', async ({ open }) => {
  const office = await open('office', { at: '/downloads?upload=1' });
  const form = office.getByRole('dialog', { name: 'Upload study material' });
  await form.getByLabel('Who is it for?').selectOption('A course and semester');
  await expect(form.getByText('GNM', { exact: true })).toBeVisible();
  await form.getByRole('button', { name: 'Upload' }).click();
  await expect(form.getByText('Choose the file to upload.')).toBeVisible();
  await check(office, 'the form with mistakes');
});

/** Presses Tab until this has the focus, as somebody without a mouse does. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  await expect(wanted).toBeFocused();
}

test('material is uploaded with the keyboard alone, and the focus comes back', async ({ open, titled }) => {
  const title = titled('By keyboard');
  const [office, student] = await Promise.all([open('office'), open('gnm.student')]);
  const button = office.getByRole('main').getByRole('button', { name: 'Upload' });
  const form = office.getByRole('dialog', { name: 'Upload study material' });
  const press = (key: string) => office.keyboard.press(key);

  await office.locator('body').press('Tab');
  await expect(office.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await tabTo(office, button);
  await press('Enter');
  await expect(form).toBeVisible();
  await press('Escape');
  await expect(form).toBeHidden();
  await expect(button).toBeFocused();

  await press('Enter');
  await tabTo(office, form.getByRole('button', { name: 'Choose a file' }));
  const choosing = office.waitForEvent('filechooser');
  await press('Enter');
  await (await choosing).setFiles(notes(title));
  await tabTo(office, form.getByLabel('Title'));
  await press('Control+a');
  await office.keyboard.type(title);
  await press('Tab');
  await expect(form.getByLabel('What kind of material is it?')).toBeFocused();
  await office.keyboard.type('Notes');
  await press('Tab');
  await expect(form.getByLabel('Who is it for?')).toBeFocused();
  await office.keyboard.type('All students');
  await tabTo(office, form.getByRole('button', { name: 'Upload' }));
  await press('Enter');
  await expect(form).toBeHidden();
  await expect(item(student, title)).toHaveCount(1);
  await expect(button).toBeFocused();
});
