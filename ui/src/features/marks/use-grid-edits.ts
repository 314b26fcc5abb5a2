/**
 * Edits of a grid on their way to the server: put at once, sent together, never overwriting what somebody else put meanwhile, and kept on the
 * device until there is an answer.
 */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { now } from '../../kit/clock.ts';
import { asProblem, isPassing, noAnswer, type Problem } from '../../kit/problem.ts';
import { holderOf, session } from '../../kit/session.ts';
import { deviceStorage } from '../../kit/storage.ts';
import type { CellEdit, CellsResult, MarkGrid, MarkPart, MarkRow } from '../../kit/wire.ts';
import { changeLists } from '../../realtime/change-lists.ts';
import { useLiveEvent, useLiveState } from '../../realtime/live.tsx';
import type { CellValue } from './cells.ts';
import { gridKey, refreshSheets, saveCells } from './queries.ts';
import { news, withAnswer, withCells } from './take-in.ts';
import { keepUnsent, unsentOf } from './unsent.ts';

export type CellState =
  | { kind: 'saving' | 'saved'; yours: CellValue }
  | { kind: 'conflict'; yours: CellValue; theirs: CellValue; rev: number }
  /** `base`: upon which state of the cell it was put. What came in since is hidden below it. */
  | { kind: 'refused'; yours: CellValue; error: string; code: string; base: number };

type Change = readonly [key: string, state: CellState | null];

export const keyOf = (student: string, part: string): string => `${student} ${part}`;

/** For how long somebody who has not moved is shown in a cell. */
const presentFor = 20_000;

/** What got no answer is sent again after this long, if nothing says earlier that the line is back. */
const again = 5_000;

export type Edits = ReturnType<typeof useGridEdits>;

export function useGridEdits(grid: MarkGrid, me: string) {
  const queries = useQueryClient();
  const id = grid.sheet._id;
  const [holder] = useState(() => holderOf(session.get().token));
  // What an earlier visit could not send.
  const [before] = useState(() => unsentOf(me, id));
  const [states, setStates] = useState<ReadonlyMap<string, CellState>>(() => new Map(before.cells.map(({ student, part, value }) => [keyOf(student, part), { kind: 'saving', yours: value ?? null }])));
  const [reason, setReason] = useState(before.reason);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isSaving, setSaving] = useState(false);
  const [seen, setSeen] = useState<ReadonlyMap<string, { key: string; name: string; at: number }>>(new Map());
  const waiting = useRef(new Map<string, CellEdit>(before.cells.map((cell) => [keyOf(cell.student, cell.part), cell])));
  const isSending = useRef(false);
  const why = useRef(before.reason);

  /** The states as they are now: who calls from a page that was drawn before has older ones. */
  const latest = useRef(states);
  const mark = (changes: Iterable<Change>) => {
    const next = new Map(latest.current);
    for (const [key, state] of changes) {
      if (state === null) next.delete(key);
      else next.set(key, state);
    }
    latest.current = next;
    setStates(next);
  };

  const sent = useRef(new Map<string, CellEdit>());
  /** Upon which state of its cell somebody began to type: what comes in meanwhile is not what they saw. */
  const begun = useRef(new Map<string, number>());
  const takeIn = (result: CellsResult) => {
    changeLists<MarkGrid>(queries, gridKey(id), (known) => ({ data: withAnswer(known, result), shifted: false }));
    for (const { student, part, rev } of result.saved) {
      // Put again, or begun again, while this was on its way: it follows our own edit. What followed somebody else's is a conflict.
      const key = keyOf(student, part);
      const base = sent.current.get(key)?.base;
      const newer = waiting.current.get(key);
      if (newer !== undefined && newer.base === base) newer.base = rev;
      if (base !== undefined && begun.current.get(key) === base) begun.current.set(key, rev);
    }
    mark([
      ...result.saved.map(({ student, part, value }): Change => {
        const newer = waiting.current.get(keyOf(student, part));
        return [keyOf(student, part), newer === undefined ? { kind: 'saved', yours: value ?? null } : { kind: 'saving', yours: newer.value ?? null }];
      }),
      ...result.conflicts.map(({ student, part, yours, theirs, rev }): Change => [keyOf(student, part), { kind: 'conflict', yours: yours ?? null, theirs: theirs ?? null, rev }]),
      ...result.refused.map(({ student, part, error, code }): Change => {
        const edit = sent.current.get(keyOf(student, part));
        return [keyOf(student, part), { kind: 'refused', yours: edit?.value ?? null, error, code, base: edit?.base ?? 0 }];
      }),
    ]);
  };

  const [isKept, setKept] = useState(deviceStorage.isPassing !== true);
  const keep = (cells: Iterable<CellEdit>, done: readonly CellEdit[] = []) => setKept(keepUnsent(me, id, { cells: [...cells], reason: why.current }, done));

  const send = async () => {
    if (isSending.current) return;
    isSending.current = true;
    setSaving(true);
    while (waiting.current.size > 0) {
      sent.current = waiting.current;
      waiting.current = new Map();
      try {
        // Another tab may have signed in somebody else: these wait for who put them.
        if (holderOf(session.get().token) !== holder) throw noAnswer();
        takeIn(await saveCells(id, [...sent.current.values()], why.current.trim()));
        keep(waiting.current.values(), [...sent.current.values()]);
        setProblem(null);
      } catch (error) {
        // Newer edits of the same cells stand before those that were not sent.
        waiting.current = new Map([...sent.current, ...waiting.current]);
        setProblem(asProblem(error));
        break;
      }
    }
    isSending.current = false;
    setSaving(false);
    void refreshSheets(queries);
  };

  const put = (student: string, part: MarkPart, value: CellValue, base: number) => {
    const key = keyOf(student, part);
    waiting.current.set(key, { student, part, value: value, base });
    keep(new Map([...(isSending.current ? sent.current : []), ...waiting.current]).values());
    mark([[key, { kind: 'saving', yours: value }]]);
    // One word for it from the first moment on.
    setSaving(true);
    setTimeout(() => void send(), 0);
  };

  /** Which state of the cell was seen: an own edit that was not saved hides what came in below it. */
  const seenIn = (state: CellState | undefined) => (state?.kind === 'conflict' ? state.rev : state?.kind === 'refused' ? state.base : undefined);
  const shownBase = (row: MarkRow, part: MarkPart) => {
    const key = keyOf(row._id, part);
    const own = waiting.current.get(key) ?? (isSending.current ? sent.current.get(key) : undefined);
    return own?.base ?? seenIn(latest.current.get(key)) ?? row.cells[part].rev;
  };

  const isLive = useLiveState().shown === 'live';
  const sendAgain = useEffectEvent(() => {
    if (waiting.current.size > 0) void send();
  });
  useEffect(() => {
    if (isLive) sendAgain();
  }, [isLive]);
  useEffect(() => {
    if (problem === null || !isPassing(problem)) return;
    const timer = setTimeout(() => sendAgain(), again);
    return () => clearTimeout(timer);
  }, [problem]);

  useLiveEvent('marks:edited', ({ sheet, cells, by }) => {
    const known = queries.getQueryData<MarkGrid>(gridKey(id));
    if (sheet !== id || known === undefined) return;
    // Also what was put in one's own name, on another device.
    const newer = news(known, cells);
    if (newer.length === 0) return;
    changeLists<MarkGrid>(queries, gridKey(id), (before) => ({ data: withCells(before, newer), shifted: false }));
    mark(newer.filter(({ student, part }) => latest.current.get(keyOf(student, part))?.kind === 'saved').map(({ student, part }): Change => [keyOf(student, part), null]));
    // The sums follow; for what is just sent from here they come with its answer.
    const isAnswered = ({ student, part }: { student: string; part: string }) => by === me && isSending.current && sent.current.has(keyOf(student, part));
    if (!newer.every(isAnswered)) void queries.invalidateQueries({ queryKey: gridKey(id) });
  });
  useLiveEvent('marks:entered', ({ sheet, username, fullName, student, part }) => {
    if (sheet !== id || username === me) return;
    setSeen((before) => {
      const next = new Map(before);
      if (student == null || part == null) next.delete(username);
      else next.set(username, { key: keyOf(student, part), name: fullName, at: now() });
      return next;
    });
  });
  useEffect(() => {
    const timer = setInterval(() => setSeen((before) => {
      const next = new Map([...before].filter(([, { at }]) => now() - at < presentFor));
      return next.size === before.size ? before : next;
    }), 5_000);
    return () => clearInterval(timer);
  }, []);

  return {
    states,
    reason,
    problem,
    isSaving,
    isKept,
    presence: new Map([...seen.values()].map(({ key, name }) => [key, name])),
    setReason: (text: string) => {
      why.current = text;
      setReason(text);
    },
    /** Somebody begins to type there. What comes in until it is put, they have not seen. */
    begin: (row: MarkRow, part: MarkPart) => void begun.current.set(keyOf(row._id, part), shownBase(row, part)),
    /** They leave it as it was. */
    end: (row: MarkRow, part: MarkPart) => void begun.current.delete(keyOf(row._id, part)),
    put: (row: MarkRow, part: MarkPart, value: CellValue) => {
      const key = keyOf(row._id, part);
      put(row._id, part, value, begun.current.get(key) ?? shownBase(row, part));
      begun.current.delete(key);
    },
    /** Takes back what was not saved. */
    drop: (key: string) => mark([[key, null]]),
    /** Puts it again, now that what stands there was seen, or that there is a reason. */
    insist: (key: string) => {
      const state = latest.current.get(key);
      const base = seenIn(state);
      const [student, part] = key.split(' ') as [string, MarkPart];
      if (state !== undefined && base !== undefined) put(student, part, state.yours, base);
    },
    retry: () => void send(),
    /** Takes back all that the server does not take. */
    giveUp: () => {
      mark([...waiting.current.keys()].map((key): Change => [key, null]));
      keep([], [...waiting.current.values()]);
      waiting.current = new Map();
      setProblem(null);
    },
  };
}
