import AxeBuilder from '@axe-core/playwright';
import type { BrowserContextOptions, Locator, Page } from '@playwright/test';
import { notes } from '../support/files.ts';
import { badge, expect, item, phone, test } from '../support/test.ts';

async function check(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(({ html, failureSummary }) => `  ${html}\n  ${failureSummary ?? ''}`).join('\n')}`);
  expect(found, where).toEqual([]);
}

const sizes: [string, BrowserContextOptions][] = [['a phone', phone], ['a desktop', {}]];

for (const [size, context] of sizes) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`nothing is in the way of anybody: on ${size}, ${colorScheme}`, async ({ browser, open, baseURL }) => {
      // Things that fade in would be judged half transparent.
      const options = { ...context, colorScheme, reducedMotion: 'reduce' as const };
      const stranger = await browser.newContext({ ...options, ...(baseURL === undefined ? {} : { baseURL }) });
      const signIn = await stranger.newPage();
      await signIn.goto('/');
      await expect(signIn.getByRole('heading', { name: 'Look around' })).toBeVisible();
      await check(signIn, 'sign-in');
      await stranger.close();

      const student = await open('gnm.student', { at: '/', context: options });
      await expect(student.getByRole('article').first()).toBeVisible();
      await check(student, 'home of a student');
      await student.goto('/downloads');
      await expect(badge(student)).toHaveText('Live');
      await expect(student.getByRole('article').first()).toBeVisible();
      await check(student, 'list of a student');

      const office = await open('office', { context: options });
      await expect(office.getByRole('article').first()).toBeVisible();
      await check(office, 'list of the office');
      await office.getByRole('main').getByRole('button', { name: 'Upload' }).click();
      const form = office.getByRole('dialog', { name: 'Upload study material' });
      await form.getByLabel('Who is it for?').selectOption('A course and semester');
      await expect(form.getByText('GNM', { exact: true })).toBeVisible();
      await form.getByRole('button', { name: 'Upload' }).click();
      await expect(form.getByText('Choose the file to upload.')).toBeVisible();
      await check(office, 'the form, with mistakes in it');
    });
  }
}

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
