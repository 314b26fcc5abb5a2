import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { noAnswer } from '../../kit/problem.ts';
import { hideToasts, isToastShown } from '../../kit/toasts.tsx';
import type { ManagedDownload } from '../../kit/wire.ts';
import type { Metadata } from './queries.ts';
import { useUploading } from './use-uploading.ts';

const sending = vi.hoisted((): { done: Promise<unknown> } => ({ done: Promise.resolve() }));
vi.mock('../../kit/send-file.ts', () => ({ cancelled: () => false, sendFile: () => ({ done: sending.done, cancel: () => undefined }) }));

const metadata = { title: 'Notes' } as Metadata;

/** Sends a file, and gives what was said when it had arrived. */
async function upload(): Promise<boolean[]> {
  const said: boolean[] = [];
  let start: ReturnType<typeof useUploading>['start'] | undefined;
  function Page() {
    ({ start } = useUploading((isOpen) => said.push(isOpen)));
    return null;
  }
  renderToString(createElement(QueryClientProvider, { client: new QueryClient() }, createElement(Page)));
  await start?.(new File(['a'], 'notes.pdf'), metadata);
  return said;
}

const standAt = (search: string) => vi.stubGlobal('window', { location: { search } });

beforeEach(() => {
  sending.done = Promise.resolve({ _id: 'a', title: 'Notes', audienceText: '' } as ManagedDownload);
});
afterEach(() => {
  vi.unstubAllGlobals();
  hideToasts();
});

it('closes its drawer when it has arrived, but not the page below when the way back has closed it already', async () => {
  standAt('?upload=1');
  expect(await upload()).toEqual([true]);
  standAt('');
  expect(await upload()).toEqual([false]);
});

it('says that it failed also to whoever has gone back meanwhile', async () => {
  sending.done = Promise.reject(noAnswer());
  standAt('');
  await upload();
  expect(isToastShown('downloads:upload')).toBe(true);
});

it('says so in its drawer alone while that is open', async () => {
  sending.done = Promise.reject(noAnswer());
  standAt('?upload=1');
  await upload();
  expect(isToastShown('downloads:upload')).toBe(false);
});
