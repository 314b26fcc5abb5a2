import { useEffect, useEffectEvent, useState, type ClipboardEvent, type KeyboardEvent } from 'react';
import type { MarkPart, MarkRow } from '../../kit/wire.ts';
import { partName, read, shown, type CellValue, type Place } from './cells.ts';
import classes from './grid.module.css';
import type { CellState } from './use-grid-edits.ts';

interface CellProps {
  row: MarkRow;
  part: MarkPart;
  place: Place;
  state: CellState | undefined;
  present: string | undefined;
  isLocked: boolean;
  onPut: (value: CellValue) => void;
  /** Somebody begins to type. */
  onBegin: () => void;
  /** What was typed is nothing to put. */
  onEnd: () => void;
  onEnter: () => void;
  /** Says whether it led somewhere. */
  onMove: (key: string, atStart: boolean, atEnd: boolean) => boolean;
  onPaste: (text: string) => void;
}

type Word = 'absent' | 'withheld';

const isWord = (value: CellValue): value is Word => value === 'absent' || value === 'withheld';

/** What can stand in place of a mark, each with its key. A phone shows numbers alone: there these are buttons. */
const words: { value: Word; key: string }[] = [{ value: 'absent', key: 'a' }, { value: 'withheld', key: 'w' }];

export function Cell({ row, part, place, state, present, isLocked, onPut, onBegin, onEnd, onEnter, onMove, onPaste }: CellProps) {
  const [draft, setDraft] = useState<{ text: string; from: CellValue } | null>(null);
  /** The mark that stood here in this visit before a word was put in its place. */
  const [mark, setMark] = useState<CellValue>(null);
  const saved = row.cells[part].value;
  const value = state === undefined || state.kind === 'saved' ? saved : state.yours;
  const name = `${partName[part]}, ${row.fullName}`;
  const type = (text: string) => {
    if (draft === null) onBegin();
    setDraft({ text, from: draft === null ? value : draft.from });
  };
  const leave = () => {
    setDraft(null);
    onEnd();
  };
  const commit = (text: string) => {
    setDraft(null);
    if (read(text) === value) onEnd();
    else onPut(read(text));
  };
  const commitDraft = () => {
    if (draft === null) return;
    // Who writes what stood there has changed nothing, whatever somebody else has put meanwhile.
    if (read(draft.text) === draft.from) leave();
    else commit(draft.text);
  };
  // Going back, loading again and closing take the field away without leaving it.
  const flush = useEffectEvent(commitDraft);
  useEffect(() => {
    const onHide = () => flush();
    window.addEventListener('pagehide', onHide);
    return () => {
      window.removeEventListener('pagehide', onHide);
      flush();
    };
  }, []);
  const stands = draft === null ? value : read(draft.text);
  const putWord = (word: Word) => {
    if (!isWord(stands)) setMark(stands);
    commit(shown(word));
  };
  const press = (event: KeyboardEvent<HTMLInputElement>) => {
    const input = event.currentTarget;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const word = words.find(({ key }) => key === event.key.toLowerCase());
    if (word !== undefined) {
      event.preventDefault();
      putWord(word.value);
      return;
    }
    if (event.key === 'Escape') leave();
    const whole = input.selectionStart === 0 && input.selectionEnd === input.value.length;
    const atStart = whole || (input.selectionStart === 0 && input.selectionEnd === 0);
    const atEnd = whole || (input.selectionStart === input.value.length && input.selectionEnd === input.value.length);
    if (['Enter', 'ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'].includes(event.key)) {
      if (onMove(event.key, atStart, atEnd)) event.preventDefault();
      else if (event.key === 'Enter') commitDraft();
    }
  };
  const paste = (event: ClipboardEvent<HTMLInputElement>) => {
    const text = event.clipboardData.getData('text/plain');
    if (!/[\t\n]/.test(text.trimEnd())) return;
    event.preventDefault();
    leave();
    onPaste(text);
  };
  return (
    <div className={classes.cell} data-state={state?.kind} data-present={present === undefined ? undefined : true}>
      <input
        aria-label={name}
        aria-invalid={state?.kind === 'conflict' || state?.kind === 'refused' ? true : undefined}
        data-cell={`${place.row}:${place.column}`}
        inputMode="decimal"
        autoComplete="off"
        disabled={isLocked}
        value={draft?.text ?? shown(value)}
        onFocus={(event) => {
          event.currentTarget.select();
          onEnter();
        }}
        onChange={(event) => type(event.currentTarget.value)}
        onBlur={commitDraft}
        onKeyDown={press}
        onPaste={paste}
      />
      {words.map((word) => (
        <button
          key={word.key}
          type="button"
          className={classes.word}
          data-word={word.value}
          disabled={isLocked}
          tabIndex={-1}
          // Pressed by mistake, it is pressed once more.
          onClick={() => (stands === word.value ? commit(shown(mark)) : putWord(word.value))}
          aria-label={`${shown(word.value)}, ${word.value}: ${name}`}
          aria-pressed={value === word.value}
        >
          {shown(word.value)}
        </button>
      ))}
      {present !== undefined && <span className={classes.who}>{present}</span>}
    </div>
  );
}
