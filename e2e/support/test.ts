/** `test` with a real institute: a server of the worker's own, and people who are signed in to it. */
import { test as base, expect, type BrowserContext, type BrowserContextOptions, type Page } from '@playwright/test';
import { Api } from './api.ts';
import { Line } from './line.ts';
import { Server } from './server.ts';
import { Site } from './site.ts';

export interface OpenOptions {
  /** Where to go; `/downloads` unless said. */
  at?: string;
  context?: BrowserContextOptions;
  /** Another server than the worker's. */
  api?: Api;
  /** A session of its own, for who will be signed out: the others of a worker share one a person. */
  alone?: boolean;
  /** Look at the page before it loads. */
  before?: (page: Page) => void;
}

interface WorkerFixtures {
  site: Site;
  server: Server;
  api: Api;
}

interface TestFixtures {
  /** A server of this test's own, to be killed or set back. */
  ownServer: Server;
  /** A line to the worker's server, for pages that shall lose it. */
  line: Line;
  /** A browser of its own for somebody who is signed in, once its page is live. */
  open: (person: string, options?: OpenOptions) => Promise<Page>;
  /** A title nobody else uses. */
  titled: (words: string) => string;
}

let titles = 0;

export const test = base.extend<TestFixtures, WorkerFixtures>({
  site: [async ({}, use) => {
    const site = await Site.start();
    await use(site);
    await site.end();
  }, { scope: 'worker' }],

  server: [async ({ site }, use) => {
    const server = await Server.start({ allowed: site.origin });
    await use(server);
    await server.end();
  }, { scope: 'worker' }],

  api: [async ({ server }, use) => use(new Api(server.origin)), { scope: 'worker' }],

  baseURL: async ({ server }, use) => use(server.origin),

  ownServer: async ({}, use) => {
    const server = await Server.start();
    await use(server);
    await server.end();
  },

  line: async ({ server }, use) => {
    const line = await Line.to(server.origin);
    await use(line);
    await line.end();
  },

  open: async ({ browser, api: workers, viewport }, use) => {
    const opened: BrowserContext[] = [];
    await use(async (person, { at = '/downloads', context: options, api = workers, alone = false, before } = {}) => {
      const token = await (alone ? api.signIn(person) : api.tokenOf(person));
      const context = await browser.newContext({
        viewport,
        ...options,
        baseURL: api.origin,
        storageState: { cookies: [], origins: [{ origin: api.origin, localStorage: [{ name: 'token', value: token }] }] },
      });
      opened.push(context);
      const page = await context.newPage();
      before?.(page);
      await page.goto(at);
      await expect(badge(page)).toHaveText('Live');
      return page;
    });
    await Promise.all(opened.map((context) => context.close()));
  },

  titled: async ({}, use, { workerIndex }) => use((words) => {
    titles += 1;
    return `${words} ${workerIndex}.${titles}`;
  }),
});

export { expect };

export const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

export const badge = (page: Page) => page.getByRole('banner').getByRole('status');
export const notices = (page: Page) => page.getByRole('status', { name: 'Notices' });
/** A piece of material in a list. */
export const item = (page: Page, title: string) => page.getByRole('main').getByRole('article', { name: title });

/** Every Socket.IO event this page is sent, as text. Ask for it before the page loads. */
export function eventsOf(page: Page): string[] {
  const events: string[] = [];
  page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => {
      const text = payload.toString();
      if (text.startsWith('42')) events.push(text);
    });
  });
  return events;
}
