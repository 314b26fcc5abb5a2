/** The real server: started on a free port over an empty folder of its own, and ended with everything it wrote. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

function binary(): string {
  const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
  return process.env.LAMPLIGHT_BIN ?? resolve(root, target, 'debug/lamplight');
}

/** More than any test file has, and little enough that a file which is too large is quickly made. */
export const uploadLimitMb = 1;

/** Long enough to undo by hand in a test, and not long to wait for. */
export const undoSeconds = 4;

export interface ServerSettings {
  /** Origins of other sites that may call it. */
  allowed?: string;
  timezone?: string;
  /** The moment at which the clock stands still. */
  at?: string;
}

export class Server {
  readonly #data: string;
  #port = 0;
  #process: ChildProcess | undefined;

  private constructor(data: string) {
    this.#data = data;
  }

  static async start(settings: ServerSettings = {}): Promise<Server> {
    const server = new Server(await mkdtemp(join(tmpdir(), 'lamplight-e2e-')));
    try {
      await server.start(settings);
    } catch (error) {
      await server.end();
      throw error;
    }
    return server;
  }

  get origin(): string {
    return `http://localhost:${this.#port}`;
  }

  /** Starts it, for the first time or again: on the same data and the same port. */
  async start({ allowed = '', timezone = 'Asia/Kolkata', at }: ServerSettings = {}): Promise<void> {
    const started = spawn(binary(), ['serve', '--demo', ...(at === undefined ? [] : ['--at', at])], {
      cwd: this.#data,
      env: {
        PATH: process.env.PATH ?? '',
        HOST: '127.0.0.1',
        PORT: String(this.#port),
        DATA_DIR: join(this.#data, 'data'),
        FRONTEND_URL: allowed,
        TIMEZONE: timezone,
        UPLOAD_LIMIT_MB: String(uploadLimitMb),
        MARKS_UNDO_SECONDS: String(undoSeconds),
        LOG: 'warn',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = started;
    this.#port = await readyAt(started);
  }

  /** As if the power failed. */
  async kill(): Promise<void> {
    await this.#stop('SIGKILL');
  }

  async end(): Promise<void> {
    await this.#stop('SIGKILL');
    await rm(this.#data, { recursive: true, force: true });
  }

  async #stop(signal: NodeJS.Signals): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running?.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, 'exit');
    running.kill(signal);
    await exited;
  }
}

/** The port it says it listens on. */
function readyAt(started: ChildProcess): Promise<number> {
  return new Promise((found, failed) => {
    let said = '';
    const listen = (text: Buffer) => {
      said += text.toString();
      const port = /ready at http:\/\/[^:\s]+:(\d+)/.exec(said)?.[1];
      if (port !== undefined) found(Number(port));
    };
    started.stdout?.on('data', listen);
    started.stderr?.on('data', (text: Buffer) => {
      said += text.toString();
    });
    started.once('error', (error) => failed(new Error(`${binary()} could not be started (cargo build -p lamplight): ${error.message}`)));
    started.once('exit', (code, signal) => failed(new Error(`The server ended (${signal ?? code ?? ''}) before it was ready:\n${said}`)));
  });
}
