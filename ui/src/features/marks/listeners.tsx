import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { showToast } from '../../kit/toasts.tsx';
import { askAgain } from '../../realtime/ask-again.ts';
import { coalesced } from '../../realtime/coalesced.ts';
import { useLiveEvent } from '../../realtime/live.tsx';
import { gridKey, refreshSheets } from './queries.ts';

/** Events within so many milliseconds are one question to the server. */
const together = 300;

export function StudentListener() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [refresh] = useState(() => coalesced(() => Promise.all([askAgain(queries, { queryKey: ['marks', 'own'] }), askAgain(queries, { queryKey: ['marks', 'history'] }), askAgain(queries, { queryKey: ['home'] })]), 0));
  const open = { label: 'Open', run: () => void navigate('/marks') };

  useLiveEvent('marks:published', ({ subject, examType, sheet }) => {
    refresh();
    showToast({ key: `marks:${sheet}`, title: 'Your marks are published:', text: `${subject}, ${examType}`, action: open });
  });
  useLiveEvent('marks:updated', ({ subject, examType, sheet }) => {
    refresh();
    showToast({ key: `marks:${sheet}`, title: 'Your mark was changed:', text: `${subject}, ${examType}`, action: open });
  });
  useLiveEvent('marks:recalled', ({ subject, examType, sheet }) => {
    refresh();
    showToast({ key: `marks:${sheet}`, title: 'Marks were taken back:', text: `${subject}, ${examType}. They will be published again when they are checked.` });
  });
  return null;
}

export function StaffListener() {
  const queries = useQueryClient();
  const [refresh] = useState(() => coalesced(() => refreshSheets(queries), together));
  const look = ({ sheet }: { sheet: string }) => {
    refresh();
    void askAgain(queries, { queryKey: gridKey(sheet) });
  };
  useLiveEvent('marks:added', look);
  useLiveEvent('marks:updated', look);
  useLiveEvent('marks:published', look);
  useLiveEvent('marks:recalled', look);
  useLiveEvent('marks:staged', look);
  useLiveEvent('marks:edited', ({ sheet }) => {
    refresh();
    // A grid that is shown takes the cells in itself; one that is opened again would show the marks from before.
    void askAgain(queries, { queryKey: gridKey(sheet), predicate: (query) => !query.isActive() || query.state.data === undefined });
  });
  return null;
}
