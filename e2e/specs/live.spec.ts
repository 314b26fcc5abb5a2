import type { Page } from '@playwright/test';
import { Api } from '../support/api.ts';
import { badge, expect, item, notices, test } from '../support/test.ts';

/** A mark that a reload would wipe away. */
const mark = (page: Page) => page.evaluate(() => void Object.assign(window, { sameAsBefore: true }));
const isSame = (page: Page) => page.evaluate(() => 'sameAsBefore' in window);

test('what comes while a student is offline is there when she is back, once and without a reload', async ({ open, titled, api, line }) => {
  const [during, after] = [titled('In the tunnel'), titled('After the tunnel')];
  const student = await open('gnm.student', { api: new Api(line.origin) });
  // A page can be live before its list has come.
  await expect(student.getByRole('main').getByRole('article').first()).toBeVisible();
  await mark(student);

  await student.context().setOffline(true);
  line.cut();
  await expect(badge(student)).toHaveText('Offline');
  await expect(student.getByText(/May be out of date/)).toBeVisible();
  await api.upload(during, { course: 'GNM', semester: 3 });

  line.mend();
  await student.context().setOffline(false);
  await expect(badge(student)).toHaveText('Live');
  await expect(item(student, during)).toHaveCount(1);
  await expect(notices(student)).toContainText(during);
  await api.upload(after, { course: 'GNM', semester: 3 });
  await expect(item(student, after)).toHaveCount(1);
  await expect(item(student, during)).toHaveCount(1);
  expect(await isSame(student)).toBe(true);
});

test('a page says that it is reconnecting when only the line is gone', async ({ open, titled, api, line }) => {
  const title = titled('Meanwhile');
  const office = await open('office', { api: new Api(line.origin) });
  line.cut();
  await expect(badge(office)).toHaveText('Reconnecting');
  await api.upload(title);
  await expect(item(office, title)).toHaveCount(0);
  line.mend();
  await expect(badge(office)).toHaveText('Live');
  await expect(item(office, title)).toHaveCount(1);
});

test('a page that was never opened is there without a line, and one whose file did not come is there when the line is back', async ({ open, line }) => {
  const far = new Api(line.origin);
  let isAhead = false;
  const [prepared, missing] = await Promise.all([
    open('gnm.student', { api: far, before: (page) => page.on('requestfinished', (request) => (isAhead ||= request.url().includes('/assets/account-page'))) }),
    open('gnm.student', { api: far, before: (page) => void page.route('**/assets/account-page*', (route) => route.abort()) }),
  ]);
  await expect.poll(() => isAhead).toBe(true);
  line.cut();
  const account = async (page: Page) => {
    await page.getByRole('button', { name: /Account of/ }).click();
    await page.getByRole('menuitem', { name: 'My account' }).click();
  };
  await account(prepared);
  await expect(prepared.getByRole('heading', { name: 'Who you are here' })).toBeVisible();
  await account(missing);
  await expect(missing.getByText('There is no signal')).toBeVisible();
  await expect(missing.getByRole('navigation', { name: 'Pages' })).toBeVisible();

  await missing.unroute('**/assets/account-page*');
  line.mend();
  await expect(missing.getByRole('heading', { name: 'Who you are here' })).toBeVisible({ timeout: 30_000 });
});

test('a month that has not come is not shown with the classes of another', async ({ open, line }) => {
  const student = await open('gnm.student', { at: '/attendance', api: new Api(line.origin) });
  const count = student.getByText(/classes? in this month/);
  await expect(count.or(student.getByText('No classes in this month.'))).toBeVisible();
  await student.context().setOffline(true);
  line.cut();
  await expect(badge(student)).toHaveText('Offline');
  await student.getByRole('button', { name: 'The month before' }).click();
  await expect(student.getByText('This month loads by itself')).toBeVisible();
  await expect(count).toHaveCount(0);
  line.mend();
  await student.context().setOffline(false);
  await expect(student.getByText('This month loads by itself')).toHaveCount(0, { timeout: 30_000 });
});

test('a server that is killed and started again has its pages back, and they miss nothing', async ({ open, ownServer, titled }) => {
  const api = new Api(ownServer.origin);
  const [before, after] = [titled('Before the kill'), titled('After the kill')];
  const [office, student] = await Promise.all([open('office', { api, at: '/downloads?upload=1' }), open('gnm.student', { api })]);
  const form = office.getByRole('dialog', { name: 'Upload study material' });
  await form.getByLabel('Title').fill('Half written');
  await Promise.all([mark(office), mark(student)]);

  // It is committed; whether it was sent in that moment, nobody knows.
  await api.upload(before, { course: 'GNM', semester: 3 });
  await ownServer.kill();
  await expect(badge(student)).toHaveText('Reconnecting');

  await ownServer.start();
  // While the page is on its way back.
  await api.upload(after, { course: 'GNM', semester: 3 });
  for (const page of [student, office]) {
    await expect(badge(page)).toHaveText('Live', { timeout: 15_000 });
    await expect(item(page, after)).toHaveCount(1);
    await expect(item(page, before)).toHaveCount(1);
    expect(await isSame(page)).toBe(true);
  }
  await expect(form.getByLabel('Title')).toHaveValue('Half written');
});

test('many changes at once reach the list of the office, and each once', async ({ open, titled, api }) => {
  const office = await open('office');
  const asked: string[] = [];
  office.on('request', (request) => {
    if (request.url().includes('/api/admin/downloads?')) asked.push(request.url());
  });
  await office.getByRole('main').getByLabel('Search the study material').fill('burst');
  await expect(office).toHaveURL(/search=burst/);
  const all = Array.from({ length: 12 }, () => titled('Burst'));
  await Promise.all(all.map((title) => api.upload(title)));
  for (const title of all) await expect(item(office, title)).toHaveCount(1);
  await expect(office.getByRole('main').getByLabel('Search the study material')).toHaveValue('burst');
  // One for the search, and the rest together in a few.
  expect(asked.length).toBeLessThan(all.length);
});
