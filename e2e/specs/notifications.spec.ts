import { check } from '../support/check.ts';
import { eventsOf, expect, item, notices, phone, test } from '../support/test.ts';

test('a notice of the office is on the bell at once, read on one device and so on the other, changed, hidden and deleted', async ({ open, titled }) => {
  const title = titled('Uniform cards');
  let othersEvents: string[] = [];
  const [office, student, elsewhere] = await Promise.all([
    open('office', { at: '/notices' }),
    open('anm2026001', { at: '/' }),
    open('anm2026001', { at: '/notifications', context: phone }),
    open('bsc.student', { at: '/', before: (page) => (othersEvents = eventsOf(page)) }),
  ]);
  const bell = (page: typeof office) => page.getByRole('banner').getByRole('link', { name: /^Notifications/ });
  await expect(bell(student)).toHaveText('Notifications');

  await office.getByRole('button', { name: 'Write a notice' }).first().click();
  const form = office.getByRole('dialog', { name: 'Write a notice' });
  await form.getByRole('button', { name: 'Send now' }).click();
  await expect(form.getByLabel('Title')).toHaveAccessibleDescription('Write in a few words what it is about.');
  await expect(form.getByLabel('Title')).toBeFocused();
  await form.getByLabel('Who is it for?').selectOption('A course: its students and who teaches it');
  await form.getByText('ANM', { exact: true }).click();
  await form.getByLabel('Title').fill(title);
  await form.getByLabel('Text', { exact: true }).fill('Bring them on Monday.');
  await form.getByLabel('How important').selectOption('Urgent');
  await form.getByLabel('Page it leads to').selectOption('Attendance');
  await form.getByRole('button', { name: 'Send now' }).click();
  await expect(form).toBeHidden();

  await expect(notices(student)).toContainText(`Urgent: ${title}`);
  await expect(bell(student)).toContainText('1 not read');
  await expect(student.getByRole('region', { name: 'Notifications' })).toContainText(title);
  await expect(item(elsewhere, title)).toContainText('Bring them on Monday.');
  await expect(item(office, title)).toContainText('For ANM: 0 of');

  await test.step('read on one device, it is read on the other', async () => {
    await item(elsewhere, title).getByRole('button', { name: /^Mark as read/ }).click();
    await expect(bell(student)).toHaveText('Notifications');
    await expect(item(elsewhere, title).getByRole('button', { name: /^Mark as read/ })).toHaveCount(0);
    // How many have read it is counted, not told live.
    await expect(item(office, title)).toContainText('For ANM: 1 of', { timeout: 20_000 });
  });

  await test.step('changed, and there at once', async () => {
    // Its list comes late from here on: what is done next must not need it.
    await office.route(/\/api\/admin\/notifications\?/, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await route.continue();
    });
    await item(office, title).getByRole('button', { name: /^Edit/ }).click();
    const change = office.getByRole('dialog', { name: 'Change the notice' });
    await change.getByLabel('Text', { exact: true }).fill('Bring them on Tuesday.');
    await change.getByRole('button', { name: 'Save' }).click();
    await expect(item(elsewhere, title)).toContainText('Bring them on Tuesday.');
  });

  await test.step('hidden, shown and deleted', async () => {
    await item(office, title).getByRole('button', { name: /^Hide/ }).click();
    await expect(item(elsewhere, title)).toHaveCount(0);
    await item(office, title).getByRole('button', { name: /^Show/ }).click();
    await expect(item(elsewhere, title)).toHaveCount(1);
    await item(office, title).getByRole('button', { name: /^Delete/ }).click();
    await office.getByRole('dialog', { name: 'Delete this notice?' }).getByRole('button', { name: 'Delete' }).click();
    await expect(item(elsewhere, title)).toHaveCount(0);
    await expect(item(office, title)).toHaveCount(0);
  });
  expect(othersEvents, 'who is not meant hears nothing').toEqual([]);
});

test('two of the office who change one notice are shown both texts, and nothing that was typed is lost', async ({ open, api, titled }) => {
  const title = titled('Both write');
  const notice = await api.call<{ _id: string }>('office', 'POST', '/admin/notifications', { title, message: 'First words.', targetType: 'role', targetIds: ['faculty'] });
  const office = await open('office', { at: '/notices' });
  await item(office, title).getByRole('button', { name: /^Edit/ }).click();
  const change = office.getByRole('dialog', { name: 'Change the notice' });
  await change.getByLabel('Text', { exact: true }).fill('Mine.');
  await api.call('office', 'PUT', `/admin/notifications/${notice._id}`, { message: 'Theirs.' });
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(change.getByRole('alert')).toContainText('Theirs.');
  await expect(change.getByLabel('Text', { exact: true })).toHaveValue('Mine.');
  await change.getByRole('button', { name: 'Go on with mine' }).click();
  await change.getByRole('button', { name: 'Save' }).click();
  await expect(change).toBeHidden();
  await expect(item(office, title)).toContainText('Mine.');
});

test('all are marked as read with one button', async ({ open, api, titled }) => {
  for (let number = 0; number < 3; number += 1) await api.call('office', 'POST', '/admin/notifications', { title: titled('One of three'), message: 'Words.', targetType: 'batch', targetIds: ['2023'] });
  const student = await open('bscn2023001', { at: '/notifications' });
  await expect(student.getByRole('button', { name: /^Mark as read/ })).toHaveCount(3);
  await student.getByRole('button', { name: 'Mark all as read' }).click();
  await expect(student.getByRole('button', { name: /^Mark as read/ })).toHaveCount(0);
  await student.getByText('Not read', { exact: true }).click();
  await expect(student.getByText('You have read everything')).toBeVisible();
});

test('nothing on the pages of notifications is in anybody’s way', async ({ open, api, titled }) => {
  test.slow();
  await api.call('office', 'POST', '/admin/notifications', { title: titled('Looked at'), message: 'Words.\n'.repeat(9), type: 'warning', priority: 'high', actionUrl: '/marks', targetType: 'all' });
  const [office, student] = await Promise.all([open('office', { at: '/notices' }), open('bsc.student', { at: '/notifications' })]);
  await expect(student.getByRole('article').first()).toBeVisible();
  await check(student, 'notifications');
  await expect(office.getByRole('article').first()).toBeVisible();
  await check(office, 'notices');
  await office.getByRole('button', { name: 'Write a notice' }).click();
  await office.getByRole('button', { name: 'Send now' }).click();
  await expect(office.getByText('Write what they are to know.')).toBeVisible();
  await check(office, 'the form of a notice with mistakes');
});
