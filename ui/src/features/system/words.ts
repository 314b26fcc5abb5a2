import { plural } from '../../kit/format.ts';
import type { Role, SystemStatus } from '../../kit/wire.ts';

/** Whether what was saved is on everybody's pages. */
export function freshness(behind: number | null): string {
  if (behind === null) return 'Not known at the moment';
  return behind === 0 ? 'Everybody’s pages are up to date' : `${plural(behind, 'event')} behind`;
}

const roles: Record<Role, [string, string]> = { admin: ['administrator', 'administrators'], faculty: ['teacher', 'teachers'], student: ['student', 'students'] };

export const peopleOfRole = (role: Role, people: number): string => plural(people, ...roles[role]);

/** How long ago, or for how long, in the largest unit that says something. */
export function age(from: number, to: number): string {
  const minutes = Math.max(0, Math.floor((to - from) / 60_000));
  if (minutes < 1) return 'less than a minute';
  if (minutes < 60) return plural(minutes, 'minute');
  if (minutes < 48 * 60) return plural(Math.floor(minutes / 60), 'hour');
  return plural(Math.floor(minutes / (24 * 60)), 'day');
}

const reasons: Record<string, string> = {
  client_disconnect: 'The page signed out or was closed',
  peer_closed: 'The page was closed or reloaded',
  transport_error: 'The connection broke',
  ping_timeout: 'The device stopped answering',
  connect_timeout: 'The page did not sign in in time',
  server_disconnect: 'The server ended it',
  server_close: 'Rights changed, or one page too many',
  too_slow: 'The device read too slowly',
  too_many_packets: 'The page sent too much',
  protocol_error: 'Not understood',
  expired: 'The sign-in ended',
  shutdown: 'The server was stopped',
  unknown_transport: 'Not understood',
  unknown_sid: 'A connection that is over',
  bad_method: 'Not understood',
  bad_request: 'Not understood',
  forbidden: 'A page of another site',
  bad_version: 'A version that is not spoken',
  unsupported_protocol: 'A version that is not spoken',
  too_many_handshakes: 'Too many at once from one address',
  too_many_connections: 'Too many from one address',
  too_large: 'Too large',
  stopping: 'The server was being stopped',
  internal: 'A fault of the server',
};

/** Reasons in words, those that are the same in words together, the most frequent first. */
export function counted(counts: { reason: string; count: number }[]): { words: string; count: number }[] {
  const sums = new Map<string, number>();
  for (const { reason, count } of counts) {
    const words = reasons[reason] ?? reason.replaceAll('_', ' ');
    sums.set(words, (sums.get(words) ?? 0) + count);
  }
  return [...sums].map(([words, count]) => ({ words, count })).sort((one, other) => other.count - one.count);
}

export function database({ kind, servers }: SystemStatus['database']): string {
  if (kind === 'embedded') return 'Embedded, in the server’s folder';
  return servers === null || servers < 2 ? 'PostgreSQL' : `PostgreSQL, which ${plural(servers, 'server')} use`;
}

/** How long the database took, as people judge it. */
export function speed(millis: number | null): string {
  if (millis === null) return 'not at all';
  const shown = millis < 10 ? millis.toFixed(1) : Math.round(millis).toLocaleString('en-GB');
  return `in ${shown} ms`;
}
