/** What the browser itself holds the pages to. */
import { expect, test } from '../support/test.ts';

const pages = ['/', '/downloads', '/students', '/attendance', '/attendance/records', '/attendance/report', '/marks', '/notifications', '/notices', '/users', '/courses', '/regulations', '/audit', '/system', '/account'];

test('no page breaks the content policy and no script in a page runs', async ({ open }) => {
  const said: string[] = [];
  const page = await open('office', {
    before: (page) => page.on('console', (message) => { if (message.text().includes('Content Security Policy')) said.push(message.text()); }),
  });
  for (const at of pages) {
    await page.goto(at);
    await expect(page.getByRole('main')).toBeVisible();
    await page.waitForLoadState('networkidle').catch(() => undefined);
  }
  expect(said).toEqual([]);
  const ran = await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.planted = true';
    document.body.append(script);
    const picture = document.createElement('div');
    picture.innerHTML = '<img src="/nowhere" onerror="window.planted = true">';
    document.body.append(picture);
    return new Promise((resolve) => setTimeout(() => resolve('planted' in window), 500));
  });
  expect(ran).toBe(false);
  expect(said.length).toBeGreaterThan(0);
});
