import type { Locator, Page } from '@playwright/test';
import { Api } from '../support/api.ts';
import { check } from '../support/check.ts';
import { notes } from '../support/files.ts';
import { badge, expect, item, test } from '../support/test.ts';

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

const over = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Whether one of these covers another, anywhere. */
async function covers(one: Locator, other: Locator): Promise<boolean> {
  const [a, b] = await Promise.all([one.boundingBox(), other.boundingBox()]);
  if (a === null || b === null) return false;
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

test('the state of the connection is read on a narrow phone, whatever it is', async ({ open, line }) => {
  const student = await open('gnm.student', { api: new Api(line.origin), context: { viewport: { width: 360, height: 740 } } });
  const name = student.getByRole('banner').getByText('Lamplight');
  await expect(name).toBeInViewport();
  line.cut();
  await expect(badge(student)).toHaveText('Reconnecting');
  // The name gives way: it is on a line that nobody sees.
  expect(await covers(name, badge(student).getByText('Reconnecting'))).toBe(false);
  await expect(badge(student).getByText('Reconnecting')).toBeInViewport({ ratio: 1 });
});

test('letters of twice the size leave every page whole on a phone', async ({ open }) => {
  const student = await open('gnm.student', { at: '/', context: { viewport: { width: 360, height: 740 } } });
  for (const path of ['/', '/attendance', '/marks', '/downloads', '/notifications', '/account']) {
    await student.goto(path);
    await student.addStyleTag({ content: 'html { font-size: 200% !important; }' });
    await expect(student.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(student.getByLabel('Loading')).toHaveCount(0);
    expect(await over(student), `${path}: nothing is wider than the screen`).toBe(0);
    const pages = student.getByRole('navigation', { name: 'Pages' });
    for (const link of await pages.getByRole('link').all()) await expect(link).toBeInViewport({ ratio: 1 });
    const cut = await student.getByRole('main').getByRole('button').evaluateAll((buttons) => buttons.filter((button) => button.scrollWidth > button.clientWidth + 1).map((button) => button.textContent));
    expect(cut, `${path}: no button is cut`).toEqual([]);
  }
});

test('no word of a table is cut to pieces on a tablet', async ({ open }) => {
  const office = await open('office', { at: '/attendance/report', context: { viewport: { width: 820, height: 1180 } } });
  /** Words that stand on more than one line. */
  const broken = () => office.getByRole('main').locator('tbody').evaluate((body) => {
    const found: string[] = [];
    const texts = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      for (const { index, 0: word } of (texts.currentNode.textContent ?? '').matchAll(/\S+/g)) {
        const range = document.createRange();
        range.setStart(texts.currentNode, index);
        range.setEnd(texts.currentNode, index + word.length);
        if (new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1 && !/[-@.]/.test(word)) found.push(word);
      }
    }
    return found;
  });
  for (const [path, row] of [['/attendance/report', 'Attended'], ['/attendance/records', 'Class'], ['/users', 'Role'], ['/faculty', 'Teaches']] as const) {
    await office.goto(path);
    await expect(office.getByRole('main').locator(`td[data-label="${row}"]`).first()).toBeVisible();
    expect(await broken(), path).toEqual([]);
  }
});
