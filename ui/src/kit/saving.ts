import { address, bearer, refusal, type Query } from './api.ts';
import { noAnswer } from './problem.ts';
import { session } from './session.ts';

/** A table as the server makes it, to be saved. */
export async function fetchTable(path: string, query: Query = {}): Promise<Blob> {
  const { token } = session.get();
  try {
    const response = await fetch(address(path, query), { headers: bearer(token) });
    if (!response.ok) throw refusal(response.status, await response.json().catch(() => null), token);
    return await response.blob();
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) throw noAnswer();
    throw error;
  }
}

export function saveAs(blob: Blob, fileName: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser needs the address for a moment longer than the click lasts.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
