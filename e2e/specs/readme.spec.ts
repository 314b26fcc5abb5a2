import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Site } from '../support/site.ts';
import { expect, test } from '../support/test.ts';

const here = resolve(import.meta.dirname, '..');

/** The example of the README as it is printed there, but for the address of the server. */
async function example(origin: string): Promise<string> {
  const text = await readFile(resolve(here, '../README.md'), 'utf8');
  const blocks = [...text.matchAll(/```js\n([\s\S]*?)```/g)].map((block) => block[1] ?? '').filter((block) => block.includes('socket.io-client'));
  expect(blocks).toHaveLength(1);
  const address = /const API_BASE = '[^']*';/;
  expect(blocks[0]).toMatch(address);
  return (blocks[0] ?? '').replace(address, `const API_BASE = '${origin}';`);
}

/** Puts the example on a page of a site. */
async function publish(site: Site, origin: string): Promise<void> {
  const library = await readFile(resolve(here, 'node_modules/socket.io-client/dist/socket.io.esm.min.js'));
  site.put('/socket.io.js', { type: 'text/javascript', body: library });
  site.put('/', {
    type: 'text/html',
    body: `<!doctype html><title>Elsewhere</title>
<script type="importmap">{"imports": {"socket.io-client": "/socket.io.js"}}</script>
<script type="module">${await example(origin)}</script>`,
  });
}

test('the example of the README hears what is uploaded, as a script', async ({ server, api, titled }) => {
  const script = spawn(process.execPath, ['--input-type=module', '-'], { cwd: here, stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    let said = '';
    script.stdout.on('data', (text: Buffer) => (said += text.toString()));
    script.stdin.end(await example(server.origin));
    await expect.poll(() => said).toContain('connected\n');
    const title = titled('To the script');
    await api.upload(title, { course: 'GNM', semester: 3 });
    await expect.poll(() => said).toContain(`new: ${title}\n`);
  } finally {
    const ended = once(script, 'exit');
    script.kill('SIGKILL');
    await ended;
  }
});

test('the example of the README hears it on a page of another site that is let in', async ({ page, server, site, api, titled }) => {
  await publish(site, server.origin);
  const connected = page.waitForEvent('console', (message) => message.text() === 'connected');
  await page.goto(`${site.origin}/`);
  await connected;
  const title = titled('To the other site');
  const heard = page.waitForEvent('console', (message) => message.text() === `new: ${title}`);
  await api.upload(title, { course: 'GNM', semester: 3 });
  await heard;
});

test('a page of a site that is not let in gets nothing', async ({ page, server, api, titled }) => {
  const stranger = await Site.start();
  try {
    await publish(stranger, server.origin);
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    const failed = page.waitForEvent('pageerror');
    await page.goto(`${stranger.origin}/`);
    expect((await failed).message).toContain('fetch');

    // With a token that it got otherwise it does not get in either.
    const token = await api.tokenOf('gnm.student');
    const answer = await page.evaluate(([address, secret]) => new Promise((resolve) => {
      const socket = new WebSocket(`${address}/socket.io/?EIO=4&transport=websocket`);
      socket.onopen = () => socket.send(`40${JSON.stringify({ token: secret })}`);
      socket.onmessage = ({ data }) => resolve(data);
      socket.onclose = () => resolve('closed');
    }), [server.origin.replace('http', 'ws'), token] as const);
    expect(answer).toBe('closed');
    for (const path of ['/api/institute', '/socket.io/?EIO=4&transport=polling']) {
      const response = await fetch(server.origin + path, { headers: { origin: stranger.origin } });
      expect(response.status, path).toBe(403);
      expect(response.headers.get('access-control-allow-origin'), path).toBeNull();
    }
    await api.upload(titled('Not for strangers'), { course: 'GNM', semester: 3 });
    expect(said.filter((text) => /connected|new:/.test(text))).toEqual([]);
  } finally {
    await stranger.end();
  }
});
