import { useState } from 'react';
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

/** The draft of a form whose record others may change meanwhile. What was typed is this form's alone: lists may be renewed behind it. */
export function useMergedDraft<F extends string>(first: () => Record<F, string>, firstVersion: number | undefined) {
  const [base, setBase] = useState(first);
  const [draft, setDraft] = useState(base);
  const [version, setVersion] = useState(firstVersion);
  const [clash, setClash] = useState<Clash<F> | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const said = Object.fromEntries(Object.entries(clash?.theirs ?? {}).filter(([field]) => chosen.has(field))) as Partial<Record<F, string>>;
  /** What would be saved: the draft, with theirs where that was chosen. */
  const final: Record<F, string> = { ...draft, ...said };
  return {
    /** What the changes are counted from. */
    base,
    version,
    draft,
    setDraft,
    final,
    clash,
    chosen,
    choose: (field: string, isTheirs: boolean) => setChosen((before) => new Set(isTheirs ? [...before, field] : [...before].filter((one) => one !== field))),
    /** Begins anew from what is stored now: after a save, or while nothing was typed. */
    restart: (stored: Record<F, string>, current: number | undefined) => {
      setClash(null);
      setChosen(new Set());
      setDraft(stored);
      setBase(stored);
      setVersion(current);
    },
    /** Takes in what is stored now. What was chosen before stays chosen, when they have changed the record once more. */
    settle: (theirs: Record<F, string>, current: number | undefined) => {
      const merged = merge(base, final, theirs);
      setClash({ theirs, taken: merged.taken, both: merged.both });
      setChosen(new Set());
      setDraft(merged.draft);
      setBase(theirs);
      setVersion(current);
    },
  };
}
