import { check } from '../support/check.ts';
import { expect, item, test } from '../support/test.ts';

test('a course is added, is in the other’s open list at once, and is changed, closed and deleted', async ({ open, api, titled }) => {
  const name = titled('Critical care');
  const code = `CC${name.replaceAll(/\D/g, '')}`;
  const [office, other] = await Promise.all([open('office', { at: '/courses' }), open('office', { at: '/courses' })]);
  await office.getByRole('button', { name: 'Add' }).first().click();
  const form = office.getByRole('dialog', { name: 'Add a course' });
  await form.getByRole('button', { name: 'Add' }).click();
  await expect(form.getByLabel('Code')).toHaveAccessibleDescription(/Write the code/);
  await form.getByLabel('Code').fill(code);
  await form.getByLabel('Name', { exact: true }).fill(name);
  await form.getByLabel('Duration').fill('1 Year');
  await form.getByLabel('Seats').fill('20');
  await form.getByLabel('Description').fill('Nursing of those who are very ill.');
  await form.getByLabel('Who may apply').fill('Registered nurses\nTwo years of practice');
  await form.getByRole('button', { name: 'Add' }).click();
  await expect(form).toBeHidden();
  const card = item(other, `${code}: ${name}`);
  await expect(card).toContainText('0 of 20 seats taken');

  await test.step('two change it, and see both sides', async () => {
    await item(office, `${code}: ${name}`).getByRole('button', { name: 'Edit' }).click();
    const change = office.getByRole('dialog', { name: `Change ${code}` });
    await change.getByLabel('Seats').fill('25');
    await api.call('office', 'PUT', `/admin/courses/${await api.courseId(code)}`, { seatsAvailable: 30, description: 'Theirs.' });
    await change.getByRole('button', { name: 'Save' }).click();
    await expect(change.getByRole('alert')).toContainText('Description (Theirs.)');
    await change.getByLabel('Theirs: 30').check();
    await change.getByRole('button', { name: 'Save' }).click();
    await expect(change).toBeHidden();
    await expect(card).toContainText('0 of 30 seats taken');
  });

  await item(office, `${code}: ${name}`).getByRole('button', { name: 'Close' }).click();
  await office.getByRole('dialog').getByRole('button', { name: 'Close the course' }).click();
  await expect(card).toContainText('Closed: not offered');
  await item(office, `${code}: ${name}`).getByRole('button', { name: 'Delete' }).click();
  await office.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(card).toHaveCount(0);
});

test('subjects by semester and fees are kept, and what is wrong is said beside the field', async ({ open, api }) => {
  const office = await open('office', { at: '/courses' });
  await office.getByRole('button', { name: 'Edit ANM' }).click();
  const form = office.getByRole('dialog', { name: 'Change ANM' });
  await form.getByText(/^Semester 2: /).click();
  const add = form.getByRole('button', { name: 'Add a subject to semester 2' });
  await add.click();
  const last = (label: string) => form.getByRole('textbox', { name: new RegExp(`^${label} of subject \\d+, semester 2$`) }).last();
  await last('Credits').fill('4');
  await form.getByText(/^Fees: /).click();
  await form.getByLabel('Tuition (₹)').fill('a lot');
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(last('Subject')).toHaveAccessibleDescription('Write the name.');
  await expect(form.getByLabel('Tuition (₹)')).toHaveAccessibleDescription('Write an amount, such as 45000.');
  await last('Subject').fill('Wound care');
  await form.getByLabel('Tuition (₹)').fill('45,000');
  await form.getByLabel('Exams (₹)').fill('500');
  await expect(form.getByText('Fees: ₹ 45,500 in all')).toBeVisible();
  await form.getByRole('button', { name: 'Add a payment' }).click();
  await form.getByLabel('What for of payment 1').fill('On admission');
  await form.getByLabel('Amount (₹) of payment 1').fill('45500');
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form).toBeHidden();
  const stored = await api.call<{ subjects: { subjectName: string; semester: number; credits: number | null }[]; feesStructure: { totalFee: number; installmentPlan: { amount: number }[] } }>('office', 'GET', `/admin/courses/${await api.courseId('ANM')}`);
  expect(stored.subjects).toContainEqual(expect.objectContaining({ subjectName: 'Wound care', semester: 2, credits: 4 }));
  expect(stored.feesStructure).toMatchObject({ totalFee: 45500, installmentPlan: [{ amount: 45500 }] });
});

test('a course with students is not deleted, and the office is told why', async ({ open }) => {
  const office = await open('office', { at: '/courses' });
  await office.getByRole('button', { name: 'Delete GNM' }).click();
  const dialog = office.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await expect(dialog.getByRole('alert')).toContainText('It was not deleted');
});

test('nothing on the page of courses is in anybody’s way', async ({ open }) => {
  const office = await open('office', { at: '/courses' });
  await expect(office.getByRole('main').getByRole('article').first()).toBeVisible();
  await check(office, 'courses');
});
