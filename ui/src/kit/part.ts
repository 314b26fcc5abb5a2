/**
 * Parts of the house that are files of their own: pages and dialogs. The line may be cut when one is needed, so it is asked for again until it
 * comes, and fetched ahead while there is a line and nothing else to do.
 */
import { lazy, type ComponentType } from 'react';

type Load<P> = () => Promise<{ default: ComponentType<P> }>;

/** What is known of the line to the server. */
export interface Line {
  /** Does the server answer at all? */
  answers: () => Promise<boolean>;
  /** Some time, the longer the more often it failed; less when there is a network again. */
  pause: (failures: number) => Promise<void>;
}

/** So often a part may be missing although the server answers: then Lamplight was renewed, and has other parts now. */
const enough = 3;

/** Asks for a part until it is there. */
export async function persist<T>(load: () => Promise<T>, line: Line = browserLine): Promise<T> {
  let missing = 0;
  for (let failures = 0; ; failures += 1) {
    try {
      return await load();
    } catch (error) {
      if (await line.answers()) missing += 1;
      if (missing >= enough) throw error;
      await line.pause(failures);
    }
  }
}

const browserLine: Line = {
  answers: () => fetch('/', { method: 'HEAD', cache: 'no-store' }).then(({ ok }) => ok, () => false),
  pause: (failures) => new Promise((done) => {
    const over = () => {
      clearTimeout(timer);
      window.removeEventListener('online', over);
      done();
    };
    const timer = setTimeout(over, Math.min(500 * 2 ** failures, 8_000));
    window.addEventListener('online', over);
  }),
};

const loads = new WeakMap<object, () => Promise<unknown>>();
let fetching: Promise<unknown> = Promise.resolve();

const idle = () => new Promise<void>((done) => {
  if ('requestIdleCallback' in window) window.requestIdleCallback(() => done(), { timeout: 2_000 });
  else setTimeout(done, 200);
});

/** Who pays for each byte is asked by the browser, not by us. */
const isSparing = () => 'connection' in navigator && (navigator.connection as { saveData?: boolean }).saveData === true;

/** Fetches these parts one after another when nothing else is to be done. One that does not come is asked for when it is needed. */
export function fetchAhead(parts: readonly object[]): void {
  if (typeof window === 'undefined' || isSparing()) return;
  for (const one of parts) {
    const load = loads.get(one);
    if (load === undefined) continue;
    fetching = fetching.then(idle).then(load).catch(() => undefined);
  }
}

/** A page: fetched ahead when somebody is signed in who may open it. */
export function page<P>(load: Load<P>) {
  const one = lazy(() => persist(load));
  loads.set(one, load);
  return one;
}

/** A dialog or another part of a page: fetched ahead once its page is there. */
export function part<P>(load: Load<P>) {
  const one = page(load);
  fetchAhead([one]);
  return one;
}
