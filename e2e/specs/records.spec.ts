import { Api } from '../support/api.ts';
import { check } from '../support/check.ts';
import { expect, notices, phone, test } from '../support/test.ts';

/** A class of yesterday in which this student was absent. */
async function recorded(api: Api, subject: string, number: string): Promise<void> {
  await api.call('office', 'POST', '/admin/attendance', {
    date: new Date(Date.now() - 86_400_000).toISOString().slice(0, 10),
    course: await api.courseId('GNM'),
    subject,
    type: 'Theory',
    students: [{ studentId: number, status: 'Absent' }],
  });
}

test('a record is corrected with a reason, is on the student’s open page at once, and its history says why', async ({ open, api, titled }) => {
  const subject = titled('Anatomy');
  await recorded(api, subject, 'GNM2025001');
  const [office, student] = await Promise.all([
    open('office', { at: `/attendance/records?subject=${encodeURIComponent(subject)}` }),
    open('gnm.student', { at: '/attendance', context: phone }),
  ]);
  await expect(student.getByRole('article', { name: `${subject}, Theory` })).toContainText('0 of 1 attended');
  const row = office.getByRole('row').filter({ hasText: subject });
  await expect(row).toContainText('Absent');
  await row.getByRole('button', { name: /^Correct/ }).click();
  const form = office.getByRole('dialog');
  await form.getByLabel('Status').selectOption('Present');
  await form.getByRole('button', { name: 'Correct' }).click();
  await expect(form.getByLabel('Reason')).toHaveAccessibleDescription(/Write why/);
  await form.getByLabel('Reason').fill('She was on the ward.');
  await form.getByRole('button', { name: 'Correct' }).click();
  await expect(form).toBeHidden();
  await expect(row).toContainText('Present');
  await expect(student.getByRole('article', { name: `${subject}, Theory` })).toContainText('1 of 1 attended');
  await expect(notices(student)).toContainText(subject);
  await row.getByRole('button', { name: /^Correct/ }).click();
  await expect(form.getByText('Why: She was on the ward.')).toBeVisible();
  await expect(form.getByText(/^Absent .* became Present/)).toBeVisible();
});

test('two who correct one record are shown what the other did', async ({ open, api, titled }) => {
  const subject = titled('Twice');
  await recorded(api, subject, 'GNM2025001');
  const office = await open('office', { at: `/attendance/records?subject=${encodeURIComponent(subject)}` });
  await office.getByRole('row').filter({ hasText: subject }).getByRole('button', { name: /^Correct/ }).click();
  const form = office.getByRole('dialog');
  await form.getByLabel('Status').selectOption('Late');
  await form.getByLabel('Reason').fill('Came at ten.');
  const { attendance } = await api.call<{ attendance: { _id: string; rev: number }[] }>('faculty1', 'GET', `/admin/attendance?subject=${encodeURIComponent(subject)}`);
  await api.call('faculty1', 'PUT', `/admin/attendance/${attendance[0]?._id ?? ''}`, { status: 'Leave', reason: 'Had leave.', rev: attendance[0]?.rev });
  // Heard of while the form is open.
  await expect(form.getByRole('alert')).toContainText('It is now Leave');
  await expect(form.getByLabel('Reason')).toHaveValue('Came at ten.');
  await form.getByRole('button', { name: 'Go on with mine' }).click();
  await form.getByRole('button', { name: 'Correct' }).click();
  await expect(form).toBeHidden();
  await expect(office.getByRole('row').filter({ hasText: subject })).toContainText('Late');
});

test('a record that a colleague’s correction takes out of the filter can still be settled', async ({ open, api, titled }) => {
  const subject = titled('Filtered');
  await recorded(api, subject, 'GNM2025001');
  const office = await open('office', { at: `/attendance/records?status=Absent&subject=${encodeURIComponent(subject)}` });
  await office.getByRole('row').filter({ hasText: subject }).getByRole('button', { name: /^Correct/ }).click();
  const form = office.getByRole('dialog');
  await form.getByLabel('Reason').fill('Written twice.');
  const { attendance } = await api.call<{ attendance: { _id: string; rev: number }[] }>('faculty1', 'GET', `/admin/attendance?subject=${encodeURIComponent(subject)}`);
  await api.call('faculty1', 'PUT', `/admin/attendance/${attendance[0]?._id ?? ''}`, { status: 'Leave', reason: 'Had leave.', rev: attendance[0]?.rev });
  await expect(form.getByRole('alert')).toContainText('It is now Leave');
  await form.getByRole('button', { name: 'Go on with mine' }).click();
  await office.route('**/api/admin/attendance/*', (route) => (route.request().method() === 'DELETE' ? route.abort() : route.continue()), { times: 1 });
  await form.getByRole('button', { name: 'Delete' }).click();
  await expect(form.getByRole('alert')).toContainText('It was not deleted');
  await form.getByRole('button', { name: 'Delete' }).click();
  await expect(form).toBeHidden();
});

test('a file is looked at before it is saved, problems first, and is on the student’s page at once', async ({ open, titled }) => {
  const subject = titled('From a file');
  const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const lines = ['Date,Student ID,Course,Subject,Status', `${day},GNM2025001,GNM,${subject},Present`, `${day},NOBODY1,GNM,${subject},Present`];
  const [office, student] = await Promise.all([open('office', { at: '/attendance/records' }), open('gnm.student', { at: '/attendance' })]);
  await office.getByRole('button', { name: 'Import' }).click();
  const dialog = office.getByRole('dialog', { name: 'Import attendance' });
  await dialog.getByTestId('file').setInputFiles({ name: 'attendance.csv', mimeType: 'text/csv', buffer: Buffer.from(lines.join('\n')) });
  await expect(dialog.getByText('2 rows: 1 new, 0 changed, 0 the same, 1 left out')).toBeVisible();
  const rows = dialog.getByRole('region', { name: 'What the file would do' }).getByRole('listitem');
  await expect(rows.first()).toContainText('There is no student with this id.');
  await expect(student.getByRole('article', { name: `${subject}, Theory` })).toHaveCount(0);
  await dialog.getByRole('button', { name: 'Save 1 row' }).click();
  await expect(dialog).toBeHidden();
  await expect(student.getByRole('article', { name: `${subject}, Theory` })).toContainText('1 of 1 attended');

  await test.step('a file that is no table says so beside the field', async () => {
    await office.getByRole('button', { name: 'Import' }).click();
    await dialog.getByTestId('file').setInputFiles({ name: 'attendance.csv', mimeType: 'text/csv', buffer: Buffer.from('Name,Colour\nA,blue\n') });
    await expect(dialog.getByRole('alert')).toContainText(/column/i);
  });
});

test('a threshold of the office changes what a student is told, at once, and stands in the history', async ({ open, ownServer }) => {
  const api = new Api(ownServer.origin);
  const [office, student] = await Promise.all([open('office', { api, at: '/regulations' }), open('gnm.student', { api, at: '/attendance' })]);
  await expect(student.getByRole('article', { name: 'Theory' }).first()).toContainText('80 %');
  await office.getByRole('button', { name: 'Set: Attendance needed: theory' }).click();
  const dialog = office.getByRole('dialog', { name: 'Attendance needed: theory' });
  await dialog.getByLabel('Holds for').selectOption('GNM');
  await dialog.getByLabel('Percent').fill('lots');
  await dialog.getByRole('button', { name: 'Set' }).click();
  await expect(dialog.getByLabel('Percent')).toHaveAccessibleDescription(/whole number/);
  await dialog.getByLabel('Percent').fill('77');
  await dialog.getByRole('button', { name: 'Set' }).click();
  await expect(dialog).toBeHidden();
  await expect(student.getByRole('article', { name: 'Theory' }).first()).toContainText('77 %');
  await expect(office.getByRole('row').filter({ hasText: '77 %' })).toContainText('GNM');
});

test('records and report are saved as files, and what was done stands in the audit', async ({ open, api, titled }) => {
  const title = titled('Looked up');
  await api.call('office', 'POST', '/admin/notifications', { title, message: 'Words.', targetType: 'role', targetIds: ['admin'] });
  const office = await open('office', { at: '/attendance/records?semester=7' });
  for (const [path, name] of [['/attendance/records?semester=7', 'attendance'], ['/attendance/report?semester=7', 'attendance report'], ['/audit', 'audit']] as const) {
    await office.goto(path);
    const saving = office.waitForEvent('download');
    await office.getByRole('main').getByRole('button', { name: 'Save as' }).click();
    await office.getByRole('menuitem', { name: 'Excel (XLSX)' }).click();
    expect((await saving).suggestedFilename()).toBe(`${name}.xlsx`);
  }
  await office.getByLabel('Search the audit').fill(title);
  await expect(office.getByRole('row').filter({ hasText: title })).toContainText('Leela Thomas');
  await office.getByLabel('What', { exact: true }).selectOption('Marks');
  await expect(office.getByText('Nothing found')).toBeVisible();
  await office.getByRole('button', { name: 'Show everything' }).click();
  await expect(office.getByRole('row').nth(1)).toBeVisible();
});

// A few rows of each say as much as hundreds.
test('nothing on the page of records is in anybody’s way', async ({ open, api }) => {
  test.slow();
  const week = new Date(Date.now() - 7 * 86_400_000).toISOString().slice(0, 10);
  const office = await open('office', { at: `/attendance/records?from=${week}&studentId=${await api.studentId('ANM2025001')}` });
  await expect(office.getByRole('row').nth(1)).toBeVisible();
  await check(office, 'records');
  await office.getByRole('button', { name: /^Correct/ }).first().click();
  await expect(office.getByText('What happened to it')).toBeVisible();
  await check(office, 'a record');
});

test('nothing on the report of attendance is in anybody’s way', async ({ open, api }) => {
  test.slow();
  const office = await open('office', { at: `/attendance/report?course=${await api.courseId('GNM')}&semester=3` });
  await expect(office.getByRole('row').nth(1)).toBeVisible();
  await check(office, 'report');
});

test('nothing on the page of regulations is in anybody’s way', async ({ open }) => {
  const office = await open('office', { at: '/regulations' });
  await expect(office.getByRole('article').first()).toBeVisible();
  await check(office, 'regulations');
});

test('nothing on the audit is in anybody’s way', async ({ open, api, titled }) => {
  const title = titled('Looked at');
  await api.call('office', 'POST', '/admin/notifications', { title, message: 'Words.', targetType: 'role', targetIds: ['admin'] });
  const office = await open('office', { at: `/audit?search=${encodeURIComponent(title)}` });
  await expect(office.getByRole('row').nth(1)).toBeVisible();
  await check(office, 'audit');
});
