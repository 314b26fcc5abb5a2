import { io, type Socket } from 'socket.io-client';
import { session } from '../kit/session.ts';
import { endingSentence } from '../kit/problem.ts';
import type { LiveEvents } from '../kit/wire.ts';
import { after, backoff, endsSession, nextLook, shown, unconnected, type Connection, type Happening, type Shown } from './connection.ts';

export interface LiveState {
  shown: Shown;
  lastLiveAt: number | null;
}

interface Refusal extends Error {
  data?: { code?: string; message?: string };
}

/**
 * The one socket of a signed-in session.
 *
 * The stock client resumes by itself after a closed transport. It gives up after a refusal and after a DISCONNECT of the
 * server; then this asks once more, and the server's answer to that says whether the session is over and why.
 */
export class LiveConnection {
  readonly #socket: Socket;
  readonly #onOpened: (recovered: boolean) => void;
  readonly #listeners = new Set<() => void>();
  #connection: Connection;
  #state: LiveState;
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #look: ReturnType<typeof setTimeout> | undefined;
  #tokenUsed: string | null = null;
  #stopWatching: (() => void) | undefined;

  constructor(onOpened: (recovered: boolean) => void) {
    this.#onOpened = onOpened;
    this.#connection = unconnected(navigator.onLine, Date.now());
    this.#state = { shown: shown(this.#connection, Date.now()), lastLiveAt: null };
    this.#socket = io(window.location.origin, {
      autoConnect: false,
      transports: ['websocket'],
      reconnectionDelay: 500,
      reconnectionDelayMax: 8_000,
      auth: (give) => {
        this.#tokenUsed = session.get().token;
        give({ token: this.#tokenUsed });
      },
    });
    this.#socket.on('connect', () => this.#opened());
    this.#socket.on('disconnect', () => this.#lost());
    this.#socket.on('connect_error', (error: Refusal) => this.#failed(error));
  }

  readonly get = (): LiveState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  on<E extends keyof LiveEvents>(event: E, listener: (payload: LiveEvents[E]) => void): () => void {
    // The server adds the position in its log as a last argument; that one is the client library's business.
    const heard = (payload: LiveEvents[E]) => listener(payload);
    // The library's types cannot follow an event whose name is a parameter; ours do, from what the server says it sends.
    const name: string = event;
    this.#socket.on(name, heard);
    return () => this.#socket.off(name, heard);
  }

  start(): void {
    const online = () => {
      this.#note('online');
      this.#wake();
    };
    const offline = () => this.#note('offline');
    const visible = () => {
      if (document.visibilityState === 'visible') this.#wake();
    };
    window.addEventListener('online', online);
    window.addEventListener('offline', offline);
    document.addEventListener('visibilitychange', visible);
    const stopFollowing = session.subscribe(() => this.#followToken());
    this.#stopWatching = () => {
      window.removeEventListener('online', online);
      window.removeEventListener('offline', offline);
      document.removeEventListener('visibilitychange', visible);
      stopFollowing();
    };
    this.#socket.connect();
    this.#publish();
  }

  stop(): void {
    this.#stopWatching?.();
    // First of all: it says at once that the line is lost, and for that there would be another try.
    this.#socket.disconnect();
    clearTimeout(this.#retry);
    clearTimeout(this.#look);
  }

  #opened(): void {
    this.#failures = 0;
    clearTimeout(this.#retry);
    this.#note('opened');
    this.#onOpened(this.#socket.recovered);
  }

  #lost(): void {
    this.#note('lost');
    if (!this.#socket.active) this.#tryLater();
  }

  #failed(error: Refusal): void {
    this.#note('lost');
    const code = error.data?.code ?? '';
    if (endsSession(code)) {
      const sentence = endingSentence(code) ?? error.data?.message ?? error.message;
      if (this.#tokenUsed !== null) void session.refuse(this.#tokenUsed, sentence);
      return;
    }
    if (!this.#socket.active) this.#tryLater();
  }

  #tryLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#again(), backoff(this.#failures, Math.random()));
    this.#failures += 1;
  }

  /** Connects now, also when the client library would wait; what was missed is resumed all the same. */
  #again(): void {
    if (session.get().token !== null) this.#socket.disconnect().connect();
  }

  /** The network or the person is back: no reason to wait for the next try. */
  #wake(): void {
    if (!this.#socket.connected) this.#again();
  }

  /** A new token (the password was changed, here or in another tab): the old one must not stay in use. */
  #followToken(): void {
    const { token } = session.get();
    if (token !== null && token !== this.#tokenUsed) this.#again();
  }

  #note(happening: Happening): void {
    this.#connection = after(this.#connection, happening, Date.now());
    this.#publish();
  }

  #publish(): void {
    const at = Date.now();
    const word = shown(this.#connection, at);
    const wait = nextLook(this.#connection, at);
    clearTimeout(this.#look);
    if (wait !== null) this.#look = setTimeout(() => this.#publish(), wait + 10);
    if (word === this.#state.shown && this.#connection.lastLiveAt === this.#state.lastLiveAt) return;
    this.#state = { shown: word, lastLiveAt: this.#connection.lastLiveAt };
    for (const listener of this.#listeners) listener();
  }
}
