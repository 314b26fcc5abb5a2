import { address, bearer, refusal } from '../../kit/api.ts';
import { noAnswer, Problem } from '../../kit/problem.ts';
import { session } from '../../kit/session.ts';
import type { ManagedDownload } from '../../kit/wire.ts';
import type { Metadata } from './queries.ts';

export interface Upload {
  done: Promise<ManagedDownload>;
  cancel: () => void;
}

export const cancelled = (error: unknown): boolean => error instanceof Problem && error.code === 'cancelled';

/** Sends a file with its metadata. XMLHttpRequest, because fetch cannot say how much has been sent. */
export function upload(file: File, metadata: Metadata, sent: (bytes: number) => void): Upload {
  const { token } = session.get();
  const form = new FormData();
  form.append('file', file, file.name);
  for (const [name, value] of Object.entries(metadata) as [string, string][]) if (value !== '') form.append(name, value);

  const request = new XMLHttpRequest();
  const done = new Promise<ManagedDownload>((resolve, reject) => {
    request.upload.onprogress = (event) => {
      // The form around the file counts too; to the person only the file is there.
      sent(event.total === 0 ? 0 : Math.round((event.loaded / event.total) * file.size));
    };
    request.onload = () => {
      let body: unknown = null;
      try {
        body = JSON.parse(request.responseText);
      } catch {
        // Not ours; the status says enough.
      }
      if (request.status >= 200 && request.status < 300 && body !== null) resolve((body as { data: ManagedDownload }).data);
      else reject(refusal(request.status, body, token));
    };
    request.onerror = () => reject(noAnswer());
    request.ontimeout = () => reject(noAnswer());
    request.onabort = () => reject(new Problem(0, 'cancelled', 'The upload was cancelled.'));
  });
  request.open('POST', address('/admin/downloads'));
  for (const [name, value] of Object.entries(bearer(token))) request.setRequestHeader(name, value);
  request.send(form);
  return { done, cancel: () => request.abort() };
}
