/**
 * What the page says about its connection. Pure: happenings and the time go in, the word to show comes out.
 * A line that is lost and back within a moment is nobody's business, so trouble is shown only after a while.
 */

export type Shown = 'connecting' | 'live' | 'reconnecting' | 'offline';

export interface Connection {
  live: boolean;
  everLive: boolean;
  /** What the device says about having a network at all. */
  online: boolean;
  /** Since when the connection is not live. */
  since: number;
  /** Until when this page certainly heard everything; null when it never was live. */
  lastLiveAt: number | null;
}

export type Happening = 'opened' | 'lost' | 'online' | 'offline';

/** A hiccup shorter than this is not shown. */
export const hiccup = 1_500;
/** A first connection may take this long before it counts as trouble. */
export const firstPatience = 6_000;

export function unconnected(online: boolean, at: number): Connection {
  return { live: false, everLive: false, online, since: at, lastLiveAt: null };
}

export function after(connection: Connection, happening: Happening, at: number): Connection {
  switch (happening) {
    case 'opened':
      return { live: true, everLive: true, online: true, since: at, lastLiveAt: at };
    case 'lost':
      return connection.live ? { ...connection, live: false, since: at, lastLiveAt: at } : connection;
    case 'online':
    case 'offline':
      return { ...connection, online: happening === 'online' };
  }
}

export function shown(connection: Connection, at: number): Shown {
  if (connection.live) return 'live';
  const lasted = at - connection.since;
  if (connection.everLive && lasted < hiccup) return 'live';
  if (!connection.online) return 'offline';
  if (!connection.everLive && lasted < firstPatience) return 'connecting';
  return 'reconnecting';
}

/** In how many milliseconds `shown` may say something else without anything happening; null for never. */
export function nextLook(connection: Connection, at: number): number | null {
  if (connection.live) return null;
  const until = connection.since + (connection.everLive ? hiccup : firstPatience);
  return until > at ? until - at : null;
}

/** Milliseconds until the next try after so many failures: 0.5 s doubling to 8 s, spread by `chance` in 0..1. */
export function backoff(failures: number, chance: number): number {
  const full = Math.min(500 * 2 ** failures, 8_000);
  return Math.round(full * (0.5 + chance / 2));
}

const sessionCodes = new Set(['auth.token_missing', 'auth.token_invalid', 'auth.token_expired', 'auth.signed_out', 'auth.account_inactive']);

/** Does this refusal mean that the person has to sign in again? */
export const endsSession = (code: string): boolean => sessionCodes.has(code);
