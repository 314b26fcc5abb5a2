import { Api } from '../support/api.ts';
import { check } from '../support/check.ts';
import { expect, test } from '../support/test.ts';

test('the institute is renamed, who did it is said, and the second of two who change it sees both sides', async ({ open, ownServer }) => {
  const api = new Api(ownServer.origin);
  const office = await open('office', { at: '/settings', api });
  const name = office.getByLabel('Name of the institute');
  const save = office.getByRole('button', { name: 'Save', exact: true });
  await name.fill('');
  await save.click();
  await expect(name).toHaveAccessibleDescription(/needs a name/);
  await name.fill('St. Anne College of Nursing');
  await save.click();
  await expect(office.getByRole('banner')).toContainText('St. Anne College of Nursing');
  await expect(office.getByText(/Leela Thomas changed them last/)).toBeVisible();

  await name.fill('Mine');
  await api.call('office', 'PUT', '/admin/settings', { general: { instituteName: 'Theirs' }, security: { allowedFileTypes: 'pdf' } });
  await save.click();
  await expect(office.getByRole('alert')).toContainText('Types of file that may be uploaded (pdf)');
  await expect(office.getByLabel('Yours: Mine')).toBeChecked();
  await save.click();
  await expect(office.getByRole('banner')).toContainText('Mine');
  await expect(office.getByLabel('Types of file that may be uploaded')).toHaveValue('pdf');

  await name.fill('Not saved yet');
  await office.getByRole('button', { name: 'Reset all' }).click();
  await office.getByRole('dialog').getByRole('button', { name: 'Reset' }).click();
  await expect(office.getByText('As they were in the beginning.')).toBeVisible();
  await expect(name).not.toHaveValue(/^(Mine|Not saved yet)$/);
  await expect(save).toBeDisabled();
});

test('nothing on the page of settings is in anybody’s way', async ({ open }) => {
  test.slow();
  const office = await open('office', { at: '/settings' });
  await expect(office.getByText('Database: works')).toBeVisible();
  await office.getByText('Show them').click();
  await check(office, 'settings');
});
