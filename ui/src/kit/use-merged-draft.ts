import { useState, type SetStateAction } from 'react';
import { merge } from './merge.ts';

/** What two have changed, when a save was refused because of it. */
export interface Clash<F extends string> {
  /** The record as it is stored now. */
  theirs: Record<F, string>;
  /** What only they changed; it is in the draft already. */
  taken: F[];
  /** What both changed. */
  both: F[];
}

interface Written<F extends string> {
  draft: Record<F, string>;
  chosen: ReadonlySet<F>;
}

/** The draft of a form whose record others may change meanwhile. What was typed is this form's alone: lists may be renewed behind it. */
export function useMergedDraft<F extends string>(first: () => Record<F, string>, firstVersion: number | undefined) {
  const [base, setBase] = useState(first);
  const [version, setVersion] = useState(firstVersion);
  const [clash, setClash] = useState<Clash<F> | null>(null);
  /** What was typed, and the fields for which theirs was chosen instead. */
  const [{ draft, chosen }, setWritten] = useState<Written<F>>({ draft: base, chosen: new Set() });
  const said = Object.fromEntries(Object.entries(clash?.theirs ?? {}).filter(([field]) => chosen.has(field as F))) as Partial<Record<F, string>>;
  /** What would be saved: the draft, with theirs where that was chosen. */
  const final: Record<F, string> = { ...draft, ...said };
  return {
    /** What the changes are counted from. */
    base,
    version,
    draft,
    /** What is typed into a field counts, also when theirs was chosen for it before. */
    setDraft: (next: SetStateAction<Record<F, string>>) => setWritten((before) => {
      const typed = typeof next === 'function' ? next(before.draft) : next;
      return { draft: typed, chosen: new Set([...before.chosen].filter((field) => typed[field] === before.draft[field])) };
    }),
    final,
    clash,
    chosen,
    choose: (field: F, isTheirs: boolean) => setWritten((before) => ({ ...before, chosen: new Set(isTheirs ? [...before.chosen, field] : [...before.chosen].filter((one) => one !== field)) })),
    /** Begins anew from what is stored now: after a save, or while nothing was typed. */
    restart: (stored: Record<F, string>, current: number | undefined) => {
      setClash(null);
      setWritten({ draft: stored, chosen: new Set() });
      setBase(stored);
      setVersion(current);
    },
    /** Takes in what is stored now. What was chosen before stays chosen, when they have changed the record once more. */
    settle: (theirs: Record<F, string>, current: number | undefined) => {
      const merged = merge(base, final, theirs);
      setClash({ theirs, taken: merged.taken, both: merged.both });
      setWritten({ draft: merged.draft, chosen: new Set() });
      setBase(theirs);
      setVersion(current);
    },
  };
}
