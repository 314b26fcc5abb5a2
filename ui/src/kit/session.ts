import { useSyncExternalStore } from 'react';
import { deviceStorage, type DeviceStorage } from './storage.ts';

export interface SessionState {
  token: string | null;
  /** Why the last session ended, when the person did not end it here themselves. */
  ended: string | null;
  /** Should signing in again lead back to the page that was open? */
  returnToPage: boolean;
}

const key = 'token';

/** Whose token this is: it says so itself. */
export function holderOf(token: string | null): string | null {
  try {
    const claims = JSON.parse(atob((token ?? '').split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? '')) as { userId?: unknown } | null;
    return typeof claims?.userId === 'string' ? claims.userId : null;
  } catch {
    return null;
  }
}

/**
 * Who is signed in, as far as this browser knows: one token in the storage all tabs share.
 *
 * A refusal ends only the token that was refused. Another tab may have put a newer one in its place (a changed password
 * gives a new token and retires the old), and then the newer one is simply taken over.
 */
export class Session {
  #state: SessionState;
  #changing: Promise<unknown> = Promise.resolve();
  readonly #storage: DeviceStorage;
  readonly #listeners = new Set<() => void>();

  constructor(storage: DeviceStorage) {
    this.#storage = storage;
    this.#state = { token: storage.getItem(key), ended: null, returnToPage: true };
  }

  readonly get = (): SessionState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Signed in, or given a new token after a change of password. */
  begin(token: string): void {
    this.#storage.setItem(key, token);
    this.#set({ token, ended: null, returnToPage: true });
  }

  /** The person signs out here. */
  leave(): void {
    this.#storage.removeItem(key);
    this.#set({ token: null, ended: null, returnToPage: false });
  }

  /** While this request is under way the server may retire our token before we hold the new one. */
  during<T>(request: Promise<T>): Promise<T> {
    this.#changing = request.catch(() => undefined);
    return request;
  }

  /** The server refused `token`. */
  async refuse(token: string, sentence: string): Promise<void> {
    await this.#changing;
    if (this.#state.token === null) return;
    const stored = this.#storage.getItem(key);
    if (stored !== null && stored !== token) {
      if (stored !== this.#state.token) this.#set({ token: stored, ended: null, returnToPage: true });
      return;
    }
    this.#storage.removeItem(key);
    this.#set({ token: null, ended: sentence, returnToPage: true });
  }

  /** Another tab changed the stored token. */
  async follow(): Promise<void> {
    await this.#changing;
    const stored = this.#storage.getItem(key);
    if (stored === this.#state.token) return;
    this.#set({
      token: stored,
      ended: stored === null ? 'You signed out in another tab of this browser.' : null,
      returnToPage: true,
    });
  }

  #set(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

export const session = new Session(deviceStorage);

export function followOtherTabs(): void {
  window.addEventListener('storage', (event) => {
    // `key` is null when the whole storage was cleared.
    if (event.key === key || event.key === null) void session.follow();
  });
}

export function useSession(): SessionState {
  return useSyncExternalStore(session.subscribe, session.get);
}
