import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { Api } from '../support/api.ts';
import { mislabelled, large, notes } from '../support/files.ts';
import { badge, eventsOf, expect, item, notices, phone, test } from '../support/test.ts';

const drawer = (page: Page, title = 'Upload study material') => page.getByRole('dialog', { name: title });

/** Fills in the form for one semester of a course; the file comes from elsewhere. */
async function describe(form: ReturnType<typeof drawer>, title: string, course = 'GNM', semester = 3): Promise<void> {
  await form.getByLabel('Title').fill(title);
  await form.getByLabel('What kind of material is it?').selectOption('Notes');
  await form.getByLabel('Who is it for?').selectOption('A course and semester');
  await form.getByText(course, { exact: true }).click();
  await form.getByText(`Semester ${semester}`, { exact: true }).click();
}

/** How much the navigation says is new. */
async function unread(page: Page): Promise<number> {
  const count = page.getByRole('navigation', { name: 'Pages' }).getByText(/^\d+ new/);
  return (await count.count()) === 0 ? 0 : Number.parseInt((await count.textContent()) ?? '', 10);
}

test('what the office uploads is on the right student’s open page at once, and nobody else hears of it', async ({ open, titled, api }) => {
  const title = titled('Fluid balance');
  let othersEvents: string[] = [];
  const [office, student, other] = await Promise.all([
    open('office'),
    open('gnm.student'),
    open('bsc.student', { before: (page) => (othersEvents = eventsOf(page)) }),
  ]);
  // A page may be live before its list has come.
  await expect(student.getByRole('main').getByRole('article').first()).toBeVisible();
  const before = await unread(student);

  await office.getByRole('button', { name: 'Upload' }).click();
  const form = drawer(office);
  await form.getByTestId('file').setInputFiles(notes(title));
  await describe(form, title);
  await expect(form.getByRole('status')).toHaveText(/\d+ students? of GNM, semester 3.*will be told at once/);
  await form.getByRole('button', { name: 'Upload' }).click();
  await expect(form).toBeHidden();
  await expect(item(office, title)).toHaveCount(1);

  await expect(item(student, title)).toHaveCount(1);
  await expect(item(student, title).getByText('New', { exact: true })).toBeVisible();
  await expect(notices(student)).toContainText(title);
  await expect.poll(() => unread(student)).toBe(before + 1);

  await test.step('the file arrives as it was sent, and counts as read', async () => {
    const coming = student.waitForEvent('download');
    const button = item(student, title).getByRole('button');
    await button.click();
    const download = await coming;
    await expect(item(student, title).getByRole('status')).toHaveText('Saved');
    await expect(button).toBeFocused();
    expect(download.suggestedFilename()).toBe('notes.pdf');
    expect(await readFile(await download.path())).toEqual(notes(title).buffer);
    await expect(item(student, title).getByText('New', { exact: true })).toBeHidden();
    await expect.poll(() => unread(student)).toBe(before);
  });

  await test.step('the other course heard what is hers and nothing else', async () => {
    const hers = titled('For the other course');
    await api.upload(hers, { course: 'BSCN', semester: 1 });
    await expect(item(other, hers)).toBeVisible();
    expect(othersEvents).toHaveLength(1);
    expect(othersEvents[0]).toContain(hers);
    await expect(item(other, title)).toHaveCount(0);
    await expect(notices(other)).not.toContainText(title);
  });
});

test('a file can be dropped on the form', async ({ open, titled }) => {
  const title = titled('Dropped');
  const [office, student] = await Promise.all([open('office', { at: '/downloads?upload=1' }), open('gnm.student')]);
  const form = drawer(office);
  const file = notes(title, 'ward_round-notes.pdf');
  const dropped = await office.evaluateHandle(({ name, type, text }) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], name, { type }));
    return transfer;
  }, { name: file.name, type: file.mimeType, text: file.buffer.toString() });
  await form.getByRole('group', { name: 'File' }).dispatchEvent('drop', { dataTransfer: dropped });
  await expect(form.getByLabel('Title')).toHaveValue('Ward round notes');
  await describe(form, title);
  await form.getByRole('button', { name: 'Upload' }).click();
  await expect(form).toBeHidden();
  await expect(item(student, title)).toBeVisible();
});

test('what is changed, moved to others or deleted follows on open pages', async ({ open, titled, api }) => {
  const title = titled('Drug chart');
  const [office, student] = await Promise.all([open('office'), open('gnm.student')]);
  const made = await api.upload(title, { course: 'GNM', semester: 3 });
  await expect(item(student, title)).toBeVisible();
  // The office's own list hears of it as well, with words that no event carries.
  await expect(item(office, title)).toContainText('For GNM, semester 3');

  const renamed = titled('Drug chart, corrected');
  await item(office, title).getByRole('button', { name: /Edit/ }).click();
  const form = drawer(office, 'Change study material');
  await form.getByLabel('Title').fill(renamed);
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form).toBeHidden();
  await expect(item(student, renamed)).toHaveCount(1);
  await expect(item(student, title)).toHaveCount(0);
  await expect(item(office, renamed)).toHaveCount(1);

  await item(office, renamed).getByRole('button', { name: /Edit/ }).click();
  await form.getByText('Semester 3', { exact: true }).click();
  await form.getByText('Semester 1', { exact: true }).click();
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form).toBeHidden();
  await expect(item(student, renamed)).toHaveCount(0);

  await api.call('office', 'PUT', `/admin/downloads/${made._id}`, { targetAudience: 'students' });
  await expect(item(student, renamed)).toHaveCount(1);
  await expect(item(office, renamed)).toContainText('For all students');
  await item(office, renamed).getByRole('button', { name: /Delete/ }).click();
  await office.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(item(student, renamed)).toHaveCount(0);
  await expect(item(office, renamed)).toHaveCount(0);
});

test('a refused upload says why and keeps what was written', async ({ open, titled }) => {
  const title = titled('Refused');
  const office = await open('office', { at: '/downloads?upload=1' });
  const form = drawer(office);
  const send = () => form.getByRole('button', { name: /^(Upload|Try again)$/ }).click();
  const file = form.getByTestId('file');

  await test.step('by the browser, before anything is sent', async () => {
    await file.setInputFiles(large(2));
    await expect(form.getByText('This file has 2 MB. At most 1 MB can be uploaded.')).toBeVisible();
    await file.setInputFiles({ ...notes(title), name: 'program.exe' });
    await expect(form.getByText(/This kind of file cannot be uploaded/)).toBeVisible();
  });

  await test.step('by the server, which looks into the file', async () => {
    await file.setInputFiles(mislabelled());
    await describe(form, title);
    await form.getByLabel('A word to the reader (optional)').fill('Please read before Monday.');
    await send();
    await expect(form.getByRole('alert').filter({ hasText: 'was not uploaded' })).toBeVisible();
    await expect(form.getByRole('alert').filter({ hasText: 'was not uploaded' })).toContainText(/lecture\.pdf|ZIP|PDF/);
  });

  await test.step('by the server, which reads the form', async () => {
    await file.setInputFiles(notes(title));
    await form.getByText('Subject, semester, year and search words').click();
    await form.getByLabel('Subject').fill('x'.repeat(101));
    await send();
    await expect(form.getByLabel('Subject')).toHaveAttribute('aria-invalid', 'true');
    await expect(form.getByLabel('Subject')).toHaveAccessibleDescription('This may have at most 100 characters.');
  });

  await expect(form.getByLabel('Title')).toHaveValue(title);
  await expect(form.getByLabel('A word to the reader (optional)')).toHaveValue('Please read before Monday.');
  await form.getByLabel('Subject').fill('Pharmacology');
  await send();
  await expect(form).toBeHidden();
  await expect(item(office, title)).toBeVisible();
});

test('who goes back while something is uploaded stays on the page, and is told when it failed', async ({ open, titled }) => {
  const title = titled('Sent meanwhile');
  const office = await open('office', { at: '/students' });
  await office.goto('/downloads');
  let answer: () => void;
  let answered = Promise.resolve();
  let isCut = true;
  await office.route('**/api/admin/downloads', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    await answered;
    return isCut ? route.abort() : route.continue();
  });
  await office.getByRole('button', { name: 'Upload' }).click();
  const form = drawer(office);
  await form.getByTestId('file').setInputFiles(notes(title));
  await describe(form, title);
  const send = async () => {
    answered = new Promise((now) => (answer = now));
    await form.getByRole('button', { name: /^(Upload|Try again)$/ }).click();
    await expect(form.getByRole('progressbar')).toBeAttached();
    await office.goBack();
    answer();
    await expect(form).toBeHidden();
    await expect(office).toHaveURL(/\/downloads$/);
  };
  await send();
  await expect(notices(office)).toContainText(`Not uploaded: ${title}`);
  isCut = false;
  await office.getByRole('button', { name: 'Upload' }).click();
  await expect(form.getByRole('alert')).toContainText('The material was not uploaded');
  await send();
  await expect(item(office, title)).toHaveCount(1);
});

test('two who change the same are told, and nothing is lost', async ({ open, titled, api }) => {
  const title = titled('Duty roster');
  await api.upload(title, { course: 'GNM' });
  const [first, second] = await Promise.all([open('office'), open('office')]);
  const form = (page: Page) => drawer(page, 'Change study material');
  for (const page of [first, second]) await item(page, title).getByRole('button', { name: /Edit/ }).click();
  await form(second).getByLabel('A word to the reader (optional)').fill('From the second office');

  const renamed = titled('Duty roster, new');
  await form(first).getByLabel('Title').fill(renamed);
  await form(first).getByRole('button', { name: 'Save' }).click();
  await expect(form(first)).toBeHidden();

  const told = form(second).getByRole('alert').filter({ hasText: 'Somebody else changed this' });
  await expect(told).toBeVisible();
  await expect(form(second).getByRole('button', { name: 'Save' })).toBeDisabled();
  await expect(form(second).getByLabel('A word to the reader (optional)')).toHaveValue('From the second office');
  await told.getByRole('button', { name: 'Go on with mine' }).click();
  await form(second).getByRole('button', { name: 'Save' }).click();
  await expect(form(second)).toBeHidden();

  await first.getByRole('main').getByLabel('Search the study material').fill('roster');
  await item(first, title).getByRole('button', { name: /Edit/ }).click();
  await expect(form(first).getByLabel('A word to the reader (optional)')).toHaveValue('From the second office');
});

test('a save that was overtaken unheard is refused by the server, and the page says so', async ({ open, titled, api }) => {
  const title = titled('Overtaken');
  const made = await api.upload(title, { course: 'GNM' });
  const office = await open('office');
  await item(office, title).getByRole('button', { name: /Edit/ }).click();
  const form = drawer(office, 'Change study material');
  await form.getByLabel('Title').fill(`${title}, mine`);
  // The lists of this page stand still, so that it cannot know before it asks.
  await office.route('**/api/admin/downloads?*', (route) => route.abort());
  await api.call('office', 'PUT', `/admin/downloads/${made._id}`, { title: `${title}, theirs` });
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form.getByRole('alert')).toContainText(/changed/i);
  await expect(form.getByLabel('Title')).toHaveValue(`${title}, mine`);
});

test('faculty address their own courses only', async ({ open, api }) => {
  const faculty = await open('faculty1', { at: '/downloads?upload=1' });
  const form = drawer(faculty);
  await expect(form.getByLabel('Who is it for?').getByRole('option')).toHaveText(['A course and semester', 'A whole course', 'Particular students']);
  await form.getByLabel('Who is it for?').selectOption('A whole course');
  await expect(form.getByRole('group', { name: 'Courses' }).getByRole('checkbox')).toHaveCount(2);
  await expect(form.getByRole('group', { name: 'Courses' })).toHaveText(/^(GNMANM|ANMGNM)$/);
  await form.getByText('GNM', { exact: true }).click();
  await expect(form.getByRole('status')).toHaveText(/students of GNM.*will be told at once/);
  await expect(api.upload('Not mine', { course: 'BSCN' }, {}, notes('x'), 'faculty1')).rejects.toThrow('downloads.audience_forbidden');
});

test('students chosen by name are shown by name to who changes it', async ({ open, titled, api }) => {
  const title = titled('For one');
  await api.upload(title, { student: 'GNM2025002' });
  const office = await open('office');
  await item(office, title).getByRole('button', { name: /Edit/ }).click();
  const form = drawer(office, 'Change study material');
  await expect(form.getByRole('button', { name: /^Remove \p{L}+ \p{L}+/u })).toHaveCount(1);
});

test('what has expired is marked for the office and gone for students', async ({ open, ownServer, titled }) => {
  // The last day is over when the same server wakes up 26 hours further east.
  const title = titled('Old timetable');
  await ownServer.kill();
  await ownServer.start({ timezone: 'Etc/GMT+12' });
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Etc/GMT+12' }).format(new Date());
  const api = new Api(ownServer.origin);
  await api.upload(title, { course: 'GNM', semester: 3 }, { expiryDate: today });
  const early = await open('gnm.student', { api });
  await expect(item(early, title)).toContainText('Last day today');
  await early.close();
  await ownServer.kill();
  await ownServer.start({ timezone: 'Pacific/Kiritimati' });
  const [office, student] = await Promise.all([open('office', { api }), open('gnm.student', { api })]);
  await expect(item(office, title)).toContainText(/Expired on .*: students do not see it/);
  await expect(item(student, 'Fluid and electrolyte balance')).toBeVisible();
  await expect(item(student, title)).toHaveCount(0);
});

test('on a phone: uploaded, seen, opened', async ({ open, titled }) => {
  const title = titled('On the phone');
  const [office, student] = await Promise.all([open('office', { context: phone }), open('gnm.student', { at: '/', context: phone })]);
  await office.getByRole('button', { name: 'Upload' }).tap();
  const form = drawer(office);
  await form.getByTestId('file').setInputFiles(notes(title));
  await describe(form, title);
  await form.getByRole('button', { name: 'Upload' }).tap();
  await expect(form).toBeHidden();
  await expect(item(student, title)).toBeVisible();
  await notices(student).getByRole('button', { name: 'Open' }).tap();
  await expect(student).toHaveURL(/\/downloads\?item=/);
  const coming = student.waitForEvent('download');
  await item(student, title).getByRole('button', { name: /Download/ }).tap();
  await coming;
  await expect(item(student, title).getByText('New', { exact: true })).toBeHidden();
  await expect(badge(student)).toHaveText('Live');
  for (const page of [office, student]) expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
});
