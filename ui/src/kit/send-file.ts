import { address, bearer, refusal } from './api.ts';
import { noAnswer, Problem } from './problem.ts';
import { session } from './session.ts';

export interface Sending<T> {
  done: Promise<T>;
  cancel: () => void;
}

export const cancelled = (error: unknown): boolean => error instanceof Problem && error.code === 'cancelled';

/** Sends a file, first, with the fields of its form. XMLHttpRequest, because fetch cannot say how much has been sent. */
export function sendFile<T>(path: string, file: File, fields: object, sent: (bytes: number) => void): Sending<T> {
  const { token } = session.get();
  const form = new FormData();
  form.append('file', file, file.name);
  for (const [name, value] of Object.entries(fields) as [string, string][]) if (value !== '') form.append(name, value);

  const request = new XMLHttpRequest();
  const done = new Promise<T>((resolve, reject) => {
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
      if (request.status >= 200 && request.status < 300 && body !== null) resolve((body as { data: T }).data);
      else reject(refusal(request.status, body, token));
    };
    request.onerror = () => reject(noAnswer());
    request.ontimeout = () => reject(noAnswer());
    request.onabort = () => reject(new Problem(0, 'cancelled', 'The upload was cancelled.'));
  });
  request.open('POST', address(path));
  for (const [name, value] of Object.entries(bearer(token))) request.setRequestHeader(name, value);
  request.send(form);
  return { done, cancel: () => request.abort() };
}
