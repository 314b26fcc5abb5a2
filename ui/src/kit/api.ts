import { noteServerDate } from './clock.ts';
import { endingSentence, noAnswer, problemFrom, type Problem } from './problem.ts';
import { session } from './session.ts';

export type Query = Record<string, string | number | null | undefined>;

interface Options {
  query?: Query;
  body?: unknown;
  signal?: AbortSignal | undefined;
  /** A 401 here says something about the request, not about the session (sign-in). */
  signingIn?: boolean;
  /** For work that takes the server longer than an answer may take else. */
  patience?: number;
}

/** A slow line is normal here; a line that has said nothing for this long is dead. */
const usualPatience = 45_000;

export function address(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') params.set(name, String(value));
  }
  const text = params.toString();
  return `/api${path}${text === '' ? '' : `?${text}`}`;
}

export function bearer(token: string | null): Record<string, string> {
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}

/** Reads a failed answer; tells the session when the answer means that it is over. */
export function refusal(status: number, body: unknown, token: string | null): Problem {
  const problem = problemFrom(status, body);
  if (status === 401 && token !== null) void session.refuse(token, endingSentence(problem.code) ?? problem.message);
  return problem;
}

/** Ends the request when the caller loses interest or nothing has come for too long. */
function limited(signal: AbortSignal | undefined, patience: number): { signal: AbortSignal; done: () => void } {
  const controller = new AbortController();
  const abort = () => controller.abort(signal?.reason);
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort);
  const timer = setTimeout(() => controller.abort(new DOMException('No answer', 'TimeoutError')), patience);
  return {
    signal: controller.signal,
    done: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    },
  };
}

/** One request. Answers the whole envelope; throws a Problem, or the AbortError of the caller's own signal. */
export async function call<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, options: Options = {}): Promise<T> {
  const { token } = session.get();
  const limit = limited(options.signal, options.patience ?? usualPatience);
  try {
    const response = await fetch(address(path, options.query), {
      method,
      headers: { ...bearer(token), ...(options.body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      body: options.body === undefined ? null : JSON.stringify(options.body),
      signal: limit.signal,
    });
    noteServerDate(response.headers.get('date'));
    const body: unknown = await response.json().catch((error: unknown) => {
      if (response.ok) throw error;
      return null;
    });
    if (!response.ok) throw refusal(response.status, body, options.signingIn === true ? null : token);
    return body as T;
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    if (error instanceof TypeError || error instanceof SyntaxError || error instanceof DOMException) throw noAnswer();
    throw error;
  } finally {
    limit.done();
  }
}

export async function getData<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  const { data } = await call<{ data: T }>('GET', path, { query: query ?? {}, signal });
  return data;
}
