import { bearer, call, refusal } from '../../kit/api.ts';
import { noAnswer } from '../../kit/problem.ts';
import { session } from '../../kit/session.ts';

/** Tells the institute that the student opened this material. */
export function recordOpened(id: string, signal: AbortSignal): Promise<unknown> {
  return call('POST', `/student/downloads/${encodeURIComponent(id)}/record`, { signal });
}

/** The bytes of a file, with the share that has come so far (0 to 1). */
export async function fetchFile(id: string, size: number, arrived: (share: number) => void, signal: AbortSignal): Promise<Blob> {
  const { token } = session.get();
  try {
    const response = await fetch(`/api/downloads/${encodeURIComponent(id)}/file`, { headers: bearer(token), signal });
    if (!response.ok) throw refusal(response.status, await response.json().catch(() => null), token);
    const type = response.headers.get('content-type') ?? 'application/octet-stream';
    if (response.body === null) return await response.blob();
    const reader = response.body.getReader();
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let have = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      have += value.byteLength;
      if (size > 0) arrived(Math.min(1, have / size));
    }
    return new Blob(parts, { type });
  } catch (error) {
    if (!signal.aborted && (error instanceof TypeError || error instanceof DOMException)) throw noAnswer();
    throw error;
  }
}
