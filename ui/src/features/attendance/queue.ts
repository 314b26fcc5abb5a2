/**
 * Taps on their way: kept on the device until the server has answered for each, so that no signal, a closed tab or a flat
 * battery loses none. Each has an id of its own, so that sending it again is harmless.
 */
import { asProblem } from '../../kit/problem.ts';
import type { DeviceStorage } from '../../kit/storage.ts';
import type { TapForm, TapResults } from '../../kit/wire.ts';

export interface Waiting extends TapForm {
  classId: string;
}

/** What became of a tap, when somebody should know. */
export interface Notice {
  tapId: string;
  student: string;
  text: string;
}

/** A random UUID, also on a page that came without TLS. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = [...bytes].map((byte, index) => (index === 6 ? (byte & 0x0f) | 0x40 : index === 8 ? (byte & 0x3f) | 0x80 : byte).toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** What a tap says that was refused or did not count. */
export function noticeOf(result: TapResults['results'][number], said: string | null): string | null {
  const { conflict, outcome, error } = result;
  if (outcome === 'refused') return error ?? 'This could not be saved.';
  if (conflict === undefined) return null;
  const theirs = conflict.status ?? 'not marked';
  return outcome === 'counts'
    ? `${conflict.by} had said ${theirs}. Your later “${said ?? 'not marked'}” counts.`
    : `${conflict.by} said ${theirs} after you. Your “${said ?? 'not marked'}” does not count.`;
}

/** The answer for taps that were all refused, as those of a class that is not one's own any more: they would be refused again, and what was tapped for other classes stands behind them. */
function refusedWhole(problem: unknown, taps: TapForm[]): TapResults {
  const { status, code, message } = asProblem(problem);
  // Who signs in again sends them; what is too much at once passes.
  if (status < 400 || status >= 500 || [401, 408, 429].includes(status)) throw problem;
  // A proxy in between, or an address that is not set up yet: nobody has looked at the taps.
  if (code.startsWith('http.') || code === 'request.origin_refused') throw problem;
  return { results: taps.map(({ tapId }) => ({ tapId, outcome: 'refused', error: message })), marks: [] };
}

export class TapQueue {
  readonly #key: string;
  readonly #storage: Omit<DeviceStorage, 'removeItem'>;
  readonly #send: (classId: string, taps: TapForm[]) => Promise<TapResults>;
  /** Told of every answer. */
  #onAnswer: (classId: string, results: TapResults) => void = () => undefined;
  readonly #listeners = new Set<() => void>();
  #waiting: readonly Waiting[];
  /** What a full storage did not take: kept for as long as the page is open. */
  #unkept: readonly Waiting[] = [];
  /** Answered, also if a storage could not let go of them. */
  readonly #answered = new Set<string>();
  #notices: readonly Notice[] = [];
  #sending: Promise<void> | null = null;

  constructor(key: string, storage: Omit<DeviceStorage, 'removeItem'>, send: (classId: string, taps: TapForm[]) => Promise<TapResults>) {
    this.#key = key;
    this.#storage = storage;
    this.#send = send;
    this.#waiting = this.#read();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly waiting = (): readonly Waiting[] => this.#waiting;
  readonly notices = (): readonly Notice[] => this.#notices;
  /** Are they there after the tab was closed? */
  readonly isKept = (): boolean => this.#storage.isPassing !== true && this.#unkept.length === 0;

  add(taps: Waiting[]): void {
    this.#write([...this.#read(), ...taps]);
    void this.flush();
  }

  /** Who is to be told of every answer. */
  tell(listener: (classId: string, results: TapResults) => void): void {
    this.#onAnswer = listener;
  }

  dismiss(): void {
    this.#notices = [];
    this.#tell();
  }

  /** Sends what waits, class by class. What gets no answer stays. */
  flush(): Promise<void> {
    this.#sending ??= this.#flush();
    return this.#sending;
  }

  async #flush(): Promise<void> {
    // So that it is noted as under way before it ends.
    await Promise.resolve();
    try {
      for (;;) {
        // Another tab may have sent some meanwhile, or have some more.
        this.#waiting = this.#read();
        this.#tell();
        const first = this.#waiting[0];
        if (first === undefined) return;
        const batch = this.#waiting.filter((tap) => tap.classId === first.classId).slice(0, 500);
        const taps = batch.map(({ tapId, student, status, hoursAttended, base, at }) => ({ tapId, student, status, hoursAttended, base, at }));
        const results = await this.#send(first.classId, taps).catch((error: unknown) => refusedWhole(error, taps));
        for (const { tapId } of batch) this.#answered.add(tapId);
        // Tapped meanwhile, here or in another tab of this browser.
        this.#write(this.#read());
        const notices = results.results.flatMap((result) => {
          const tap = batch.find(({ tapId }) => tapId === result.tapId);
          const text = noticeOf(result, tap?.status ?? null);
          return tap === undefined || text === null ? [] : [{ tapId: tap.tapId, student: tap.student, text }];
        });
        this.#notices = [...this.#notices, ...notices];
        this.#onAnswer(first.classId, results);
        this.#tell();
      }
    } catch {
      // No signal. Whoever sees that it is back asks again.
    } finally {
      this.#sending = null;
    }
  }

  #read(): Waiting[] {
    return [...this.#stored(), ...this.#unkept].filter(({ tapId }) => !this.#answered.has(tapId));
  }

  #stored(): Waiting[] {
    try {
      const found: unknown = JSON.parse(this.#storage.getItem(this.#key) ?? '[]');
      return Array.isArray(found) ? found as Waiting[] : [];
    } catch {
      return [];
    }
  }

  #write(waiting: Waiting[]): void {
    try {
      this.#storage.setItem(this.#key, JSON.stringify(waiting));
      this.#unkept = [];
    } catch {
      const stored = new Set(this.#stored().map(({ tapId }) => tapId));
      this.#unkept = waiting.filter(({ tapId }) => !stored.has(tapId));
    }
    this.#waiting = waiting;
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
