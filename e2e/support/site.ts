/** A tiny site of somebody else, on an origin of its own. */
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Page {
  type: string;
  body: string | Buffer;
}

export class Site {
  readonly #server: HttpServer;
  readonly #pages = new Map<string, Page>();

  private constructor() {
    this.#server = createServer((request, response) => {
      const page = this.#pages.get(request.url ?? '/');
      response.writeHead(page === undefined ? 404 : 200, { 'content-type': page?.type ?? 'text/plain' });
      response.end(page?.body);
    });
  }

  static async start(): Promise<Site> {
    const site = new Site();
    site.#server.listen(0, '127.0.0.1');
    await once(site.#server, 'listening');
    return site;
  }

  get origin(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  put(path: string, page: Page): void {
    this.#pages.set(path, page);
  }

  async end(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
