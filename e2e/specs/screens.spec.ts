/**
 * Pictures of the main pages, compared with those of `e2e/screens`: on a phone and on a desk, by day and by night.
 *
 * The clock of the demo and of the browser stands still, so every run shows the same; the letters are those of DejaVu, which Debian
 * brings with its browser. After a page was changed on purpose: `make screens`, look at what it wrote, commit it.
 */
import type { Page } from '@playwright/test';
import { Api } from '../support/api.ts';
import { sizes } from '../support/check.ts';
import { Server } from '../support/server.ts';
import { badge, expect, test } from '../support/test.ts';

const at = '2026-11-20T05:30:00Z';

let server: Server;
let api: Api;

test.describe.configure({ mode: 'default' });
test.beforeAll(async () => {
  server = await Server.start({ at });
  api = new Api(server.origin);
  // One alone: what comes in the same moment has no order.
  await api.call('office', 'POST', '/admin/notifications', { title: 'Bring your uniform card', message: 'From Monday the ward admits nobody without it.', category: 'Administrative', priority: 'high', type: 'warning', targetType: 'all' });
});
test.afterAll(() => server.end());

/** Before the page's own scripts: the clock stands, also as the answers of the server tell it, and the letters are those of every machine. */
async function still(page: Page): Promise<void> {
  await page.clock.setFixedTime(at);
  await page.addInitScript((date) => {
    const get = Object.getOwnPropertyDescriptor(Headers.prototype, 'get')?.value as (this: Headers, name: string) => string | null;
    Headers.prototype.get = function fixed(name) {
      return name.toLowerCase() === 'date' ? date : get.call(this, name);
    };
    document.addEventListener('DOMContentLoaded', () => {
      const style = document.createElement('link');
      style.rel = 'stylesheet';
      style.href = '/still.css';
      document.head.append(style);
    });
  }, new Date(at).toUTCString());
  await page.route('**/still.css', (route) => route.fulfill({ contentType: 'text/css', body: ':root{--mantine-font-family:"DejaVu Sans";--mantine-font-family-headings:"DejaVu Sans"} *{caret-color:transparent!important}' }));
}

/** Four pictures of what is shown. */
async function compare(page: Page, name: string): Promise<void> {
  for (const [size, viewport] of Object.entries(sizes)) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', colorScheme);
      await expect.soft(page).toHaveScreenshot(`${name}-${size}-${colorScheme}.png`, { animations: 'disabled', maxDiffPixels: 500, threshold: 0.25 });
    }
  }
}

test('the sign-in page looks as it did', async ({ browser }) => {
  const page = await (await browser.newContext({ baseURL: server.origin })).newPage();
  await still(page);
  await page.goto('/sign-in');
  await expect(page.getByRole('heading', { name: 'Look around' })).toBeVisible();
  await compare(page, 'sign-in');
  await page.context().close();
});

interface Picture {
  name: string;
  person: string;
  path: string | (() => Promise<string>);
  /** Is there when the page is. */
  shows: (page: Page) => ReturnType<Page['getByRole']>;
}

const firstArticle = (page: Page) => page.getByRole('main').getByRole('article').first();
const firstRow = (page: Page) => page.getByRole('main').getByRole('row').nth(1);

async function draft(): Promise<string> {
  const { sheets } = await api.call<{ sheets: { _id: string; semester: number; course: { courseCode: string } }[] }>('office', 'GET', '/admin/marks/sheets?state=draft&limit=200');
  // What was made in the same moment has no order: this one by its name.
  return `/marks?sheet=${sheets.find(({ semester, course }) => semester === 3 && course.courseCode === 'BSCN')?._id ?? ''}`;
}

const pictures: Picture[] = [
  { name: 'student-home', person: 'gnm.student', path: '/', shows: firstArticle },
  { name: 'student-attendance', person: 'gnm.student', path: '/attendance', shows: firstArticle },
  { name: 'student-marks', person: 'gnm.student', path: '/marks', shows: firstArticle },
  { name: 'material', person: 'faculty1', path: '/downloads', shows: firstArticle },
  { name: 'grid', person: 'office', path: draft, shows: firstRow },
  { name: 'report', person: 'office', path: '/attendance/report?semester=7', shows: firstRow },
  { name: 'notices', person: 'office', path: '/notices', shows: firstArticle },
];

for (const { name, person, path, shows } of pictures) {
  test(`the page “${name}” looks as it did`, async ({ browser }) => {
    const token = await api.tokenOf(person);
    const context = await browser.newContext({
      baseURL: server.origin,
      locale: 'en-GB',
      storageState: { cookies: [], origins: [{ origin: server.origin, localStorage: [{ name: 'token', value: token }] }] },
    });
    const page = await context.newPage();
    await still(page);
    await page.goto(typeof path === 'string' ? path : await path());
    await expect(badge(page)).toHaveText('Live');
    await expect(shows(page)).toBeVisible();
    await expect(page.getByLabel('Loading')).toHaveCount(0);
    await compare(page, name);
    await context.close();
  });
}
