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

/** One upload of this page. What was chosen stays until it has arrived. */
export function useUploading(arrived: (item: ManagedDownload) => void) {
  const queries = useQueryClient();
  const [uploading, setUploading] = useState<Uploading>({ state: 'idle' });
  const cancelSending = useRef<(() => void) | null>(null);
  const isSending = uploading.state === 'sending';

  useEffect(() => {
    if (!isSending) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [isSending]);

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
      arrived(item);
    } catch (error) {
      setUploading(cancelled(error) ? { state: 'idle' } : { state: 'failed', problem: asProblem(error) });
    } finally {
      cancelSending.current = null;
    }
  };

  return { uploading, start, cancel: () => cancelSending.current?.(), clear: () => setUploading({ state: 'idle' }) };
}
