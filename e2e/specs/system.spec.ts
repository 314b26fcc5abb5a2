import { Api } from '../support/api.ts';
import { check } from '../support/check.ts';
import { expect, phone, test } from '../support/test.ts';

test('the office sees who comes and goes, and what to look after', async ({ open, ownServer }) => {
  const api = new Api(ownServer.origin);
  const office = await open('office', { at: '/system', api });
  const connected = office.getByRole('region', { name: 'Connected now' });
  await expect(connected).toContainText('1 person');
  await expect(connected).toContainText('1 administrator');
  await expect(office.getByRole('region', { name: 'Live pages' })).toContainText('Everybody’s pages are up to date');
  // A demo that nobody has backed up.
  await expect(office.getByRole('region', { name: /to look after/ })).toContainText('lamplight backup');
  await expect(office.getByRole('region', { name: 'Last backup' })).toContainText('There was never one');

  const student = await open('gnm.student', { api });
  await expect(connected).toContainText('2 people');
  await expect(connected).toContainText('1 student');
  const delivered = office.getByRole('region', { name: 'Live pages' }).getByText('Delivered to pages').locator('..').getByRole('definition');
  const before = Number(await delivered.textContent());
  await api.upload('For everybody');
  await expect.poll(async () => Number(await delivered.textContent())).toBeGreaterThan(before);
  await student.close();
  await expect(connected).toContainText('1 person');
  await expect(connected).toContainText('at most 2 people');
  // The line was drawn on meanwhile.
  await expect(connected.locator('polyline')).toHaveCount(1);
});

test('a server that does not answer leaves what it said last, and is back by itself', async ({ open, ownServer }) => {
  const office = await open('office', { at: '/system', api: new Api(ownServer.origin) });
  await expect(office.getByRole('region', { name: 'Server' })).toContainText('Embedded');
  await ownServer.kill();
  await expect(office.getByRole('main').getByRole('alert')).toContainText('This page keeps trying');
  await expect(office.getByRole('region', { name: 'Server' })).toContainText('Embedded');
  await ownServer.start();
  await expect(office.getByRole('main').getByRole('alert')).toHaveCount(0);
  await expect(office.getByText('These figures are renewed by themselves')).toBeVisible();
});

test('a phone has it behind “More”, and nobody but the office has it', async ({ open }) => {
  const office = await open('office', { at: '/', context: phone });
  await office.getByRole('button', { name: 'More' }).click();
  await office.getByRole('menuitem', { name: 'System' }).click();
  await expect(office.getByRole('heading', { level: 1, name: 'System' })).toBeVisible();
  for (const person of ['gnm.student', 'faculty1']) {
    const page = await open(person, { at: '/system' });
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(/not/i);
    await expect(page.getByRole('link', { name: 'System' })).toHaveCount(0);
  }
});

test('nothing on the page of the system is in anybody’s way', async ({ open }) => {
  test.slow();
  const office = await open('office', { at: '/system' });
  await expect(office.getByRole('region', { name: 'Connected now' })).toBeVisible();
  await check(office, 'system');
});
