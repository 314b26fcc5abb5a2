/** What went wrong, in a form a page can show: always a sentence, sometimes sentences for single fields. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: Readonly<Record<string, string>>;
  /** What else the answer said, such as what is stored now. */
  readonly more: Readonly<Record<string, unknown>>;

  constructor(status: number, code: string, message: string, fields: Record<string, string> = {}, more: Record<string, unknown> = {}) {
    super(message);
    this.name = 'Problem';
    this.status = status;
    this.code = code;
    this.fields = fields;
    this.more = more;
  }
}

const unreachable = 'We could not reach the institute. Check your signal and try again.';

/** The request never got an answer: no signal, a broken line, a time-out. */
export const noAnswer = () => new Problem(0, 'network', unreachable);

const byStatus: Record<number, string> = {
  401: 'Your session has ended. Please sign in again.',
  403: 'You may not do this.',
  404: 'This no longer exists.',
  410: 'This is no longer available.',
  413: 'This file is too large.',
  429: 'That was a lot at once. Please wait a moment and try again.',
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sentences(value: unknown): Record<string, string> {
  if (!isRecord(value)) return {};
  const entries = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(entries);
}

/** Turns a failed answer into a Problem; also when a proxy in between answered with something that is not ours. */
export function problemFrom(status: number, body: unknown): Problem {
  const ours = isRecord(body) ? body : {};
  const fallback = byStatus[status] ?? (status >= 500
    ? 'Something went wrong on our side. Please try again in a moment.'
    : 'This did not work. Please try again.');
  const message = typeof ours.message === 'string' && ours.message !== '' ? ours.message : fallback;
  const code = typeof ours.code === 'string' ? ours.code : `http.${status}`;
  return new Problem(status, code, message, sentences(ours.fields), ours);
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(0, 'page', 'Something went wrong on this page. Please try again.');
}

/** Is it worth asking again without the person doing anything? */
export function isPassing(error: unknown): boolean {
  const { code, status } = asProblem(error);
  return code === 'network' || status === 429 || status >= 502;
}

/** Nobody knows whether it was done: the answer was lost on its way, or the server could not say. */
export function isUnknown(error: unknown): boolean {
  const { code, status } = asProblem(error);
  return code === 'network' || code === 'server.outcome_unknown' || (code.startsWith('http.') && status >= 502);
}

const endings: Record<string, string> = {
  'auth.token_expired': 'You have been signed in for a long time, so please sign in again.',
  'auth.signed_out': 'You were signed out. This happens when the password is changed, or this device is signed out on another one.',
  'auth.account_inactive': 'This account has been switched off. Please ask the office of the institute.',
};

/** Why a session is over, for codes that need more words than "sign in again". */
export const endingSentence = (code: string): string | undefined => endings[code];
