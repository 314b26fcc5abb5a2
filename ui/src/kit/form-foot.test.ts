import { MantineProvider } from '@mantine/core';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, it } from 'vitest';
import { FormFoot } from './form-foot.tsx';
import { Problem } from './problem.ts';
import { useMergedDraft } from './use-merged-draft.ts';

const nothing = () => undefined;

function Form({ error, isSaving, isClash }: { error: Error | null; isSaving: boolean; isClash: boolean }) {
  const merging = useMergedDraft<'name'>(() => ({ name: 'Asha' }), 1);
  if (isClash && merging.clash === null) merging.settle({ name: 'Anu' }, 2);
  return createElement(FormFoot<'name'>, { merging, label: () => 'Name', error, isSaving, confirm: 'Save', onClose: nothing });
}

const foot = (error: Error | null, { isSaving = false, isClash = false } = {}) => renderToString(createElement(MantineProvider, null, createElement(Form, { error, isSaving, isClash })));
const cancel = (html: string) => /<button[^>]*>(?:(?!<button).)*Cancel/.exec(html)?.[0] ?? '';

it('says why a form was refused, but for what stands beside a field', () => {
  expect(foot(new Problem(400, 'courses.in_use', 'It is in use.'))).toContain('It is in use.');
  expect(foot(new Problem(400, 'courses.invalid', 'Look at the name.', { name: 'This is needed.' }))).not.toContain('Look at the name.');
  expect(foot(null)).not.toContain('It was not saved');
});

it('shows both sides instead when somebody else was faster, and says so when theirs could not be had', () => {
  const meanwhile = new Problem(409, 'courses.changed_meanwhile', 'It was changed meanwhile.');
  const both = foot(meanwhile, { isClash: true });
  expect(both).toContain('Somebody else changed this just now');
  expect(both).not.toContain('It was changed meanwhile.');
  expect(foot(meanwhile)).toContain('It was changed meanwhile.');
});

it('is not left while it is being saved', () => {
  expect(cancel(foot(null, { isSaving: true }))).toContain('disabled');
  expect(cancel(foot(null))).not.toContain('disabled');
});
