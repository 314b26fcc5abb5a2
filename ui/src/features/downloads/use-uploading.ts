import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { asProblem, type Problem } from '../../kit/problem.ts';
import { cancelled, sendFile } from '../../kit/send-file.ts';
import { showToast } from '../../kit/toasts.tsx';
import type { ManagedDownload } from '../../kit/wire.ts';
import { changeForStaff, type Metadata } from './queries.ts';

export type Uploading =
  | { state: 'idle' }
  | { state: 'sending'; sent: number; total: number }
  | { state: 'failed'; problem: Problem };

/** Is the drawer of an upload open at this address? The way back closes it while the upload goes on. */
export const isUploadOpen = (search: string): boolean => new URLSearchParams(search).has('upload');

/** One upload of this page. What was chosen stays until it has arrived. */
export function useUploading(arrived: (isOpen: boolean) => void) {
  const queries = useQueryClient();
  const [uploading, setUploading] = useState<Uploading>({ state: 'idle' });
  const cancelSending = useRef<(() => void) | null>(null);
  const isHere = useRef(true);
  const isSending = uploading.state === 'sending';

  useEffect(() => {
    isHere.current = true;
    return () => {
      isHere.current = false;
    };
  }, []);

  useEffect(() => {
    if (!isSending) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [isSending]);

  // As the address is when an answer comes: what the upload began with may be long gone.
  const isOpen = () => isHere.current && isUploadOpen(window.location.search);

  const start = async (file: File, metadata: Metadata) => {
    const total = file.size;
    setUploading({ state: 'sending', sent: 0, total });
    const { done, cancel } = sendFile<ManagedDownload>('/admin/downloads', file, metadata, (sent) => setUploading({ state: 'sending', sent, total }));
    cancelSending.current = cancel;
    try {
      const item = await done;
      changeForStaff(queries, { type: 'saved', document: item });
      setUploading({ state: 'idle' });
      showToast({ key: `downloads:uploaded:${item._id}`, title: `Uploaded: ${item.title}`, text: item.audienceText === '' ? 'It is on their pages now.' : `Now on the pages of: ${item.audienceText}.` });
      arrived(isOpen());
    } catch (error) {
      const problem = cancelled(error) ? null : asProblem(error);
      setUploading(problem === null ? { state: 'idle' } : { state: 'failed', problem });
      if (problem !== null && !isOpen()) showToast({ key: 'downloads:upload', title: `Not uploaded: ${metadata.title}`, text: problem.message });
    } finally {
      cancelSending.current = null;
    }
  };

  return { uploading, start, cancel: () => cancelSending.current?.() };
}
