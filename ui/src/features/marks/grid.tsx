import { Button, Group, Text, TextInput, Title } from '@mantine/core';
import { IconArrowLeft, IconHistory } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Suspense, useState, type ClipboardEvent, type KeyboardEvent } from 'react';
import { Link } from 'react-router';
import { plural } from '../../kit/format.ts';
import { useTitle } from '../../kit/page.tsx';
import { part } from '../../kit/part.ts';
import { asProblem, isPassing } from '../../kit/problem.ts';
import { Failed, Trouble, Waiting } from '../../kit/states.tsx';
import type { MarkGrid, MarkPart, MarkRow } from '../../kit/wire.ts';
import { useLivePolling } from '../../realtime/live.tsx';
import { moved, partName, partsOf, pasted, read, shown, type CellValue, type Place } from './cells.ts';
import { Countdown } from './countdown.tsx';
import { Distribution } from './distribution.tsx';
import classes from './grid.module.css';
import { gridOf, tellPresence, undoPublication } from './queries.ts';
import { SheetActions } from './sheet-actions.tsx';
import { keyOf, useGridEdits, type CellState } from './use-grid-edits.ts';
import { examOf } from './words.ts';

const HistoryDialog = part(() => import('./history-dialog.tsx'));

export function Grid({ id, username }: { id: string; username: string }) {
  const query = useQuery({ ...gridOf(id), refetchInterval: useLivePolling() });
  useTitle('Marks');
  return (
    <>
      <Link to="/marks" className={classes.back}>
        <IconArrowLeft size={18} aria-hidden="true" />
        All sheets
      </Link>
      {query.isPending && (query.fetchStatus === 'paused' ? <Waiting /> : <div role="status" aria-label="Loading" className={classes.loading} />)}
      {query.isError && query.data === undefined && <Failed error={query.error} retry={() => void query.refetch()} retrying={query.isFetching} />}
      {query.data !== undefined && <OpenGrid grid={query.data} username={username} />}
    </>
  );
}

function OpenGrid({ grid, username }: { grid: MarkGrid; username: string }) {
  const { sheet, rows } = grid;
  const edits = useGridEdits(grid, username);
  const [looking, setLooking] = useState<MarkRow | null>(null);
  const undo = useMutation({ mutationFn: () => undoPublication(sheet._id) });
  const parts = partsOf(grid);
  const isScheduled = sheet.state === 'scheduled';
  const hasPublished = rows.some((row) => row.isPublished);
  return (
    <>
      <div className={classes.head}>
        <div>
          <Title order={1} size="h2" tabIndex={-1}>{sheet.subject}</Title>
          <Text c="dimmed" size="sm">{`${sheet.course?.courseName ?? ''}, semester ${sheet.semester} · ${examOf(sheet)}`}</Text>
        </div>
        <SheetActions grid={grid} />
      </div>
      {isScheduled && sheet.dueAt != null && <Countdown dueAt={sheet.dueAt} onUndo={() => undo.mutate()} isUndoing={undo.isPending} />}
      {undo.error !== null && <Trouble title="It was not undone"><Text size="sm">{asProblem(undo.error).message}</Text></Trouble>}
      <Distribution grid={grid} />
      {hasPublished && (
        <TextInput className={classes.reason} label="Reason for changing published marks" description="Published marks change only with a reason. The student can read it." value={edits.reason} onChange={(event) => edits.setReason(event.currentTarget.value)} maxLength={500} />
      )}
      <Problems edits={edits} grid={grid} />
      <Text size="sm" c="dimmed" className={classes.hint}>Write marks, A for absent or W for withheld. <span className={classes.keys}>Arrow keys and Enter move; cells of a spreadsheet can be pasted. </span>Everything is saved as you go.</Text>
      <Table grid={grid} parts={parts} edits={edits} isLocked={isScheduled} onHistory={setLooking} />
      <div role="status" className={classes.saving}>{edits.isSaving ? 'Saving…' : edits.wasSaved ? 'Saved' : ''}</div>
      <Suspense fallback={null}>{looking !== null && <HistoryDialog row={looking} onClose={() => setLooking(null)} />}</Suspense>
    </>
  );
}

type Edits = ReturnType<typeof useGridEdits>;

/** What could not be saved, each with what can be done about it. */
function Problems({ edits, grid }: { edits: Edits; grid: MarkGrid }) {
  const found = [...edits.states].filter(([, state]) => state.kind === 'conflict' || state.kind === 'refused');
  if (found.length === 0 && edits.problem === null) return null;
  const nameOf = (key: string) => {
    const [student, part] = key.split(' ') as [string, MarkPart];
    return `${grid.rows.find((row) => row._id === student)?.fullName ?? ''}, ${partName[part].toLowerCase()}`;
  };
  return (
    <Trouble title={edits.problem === null ? `${plural(found.length, 'cell')} not saved` : isPassing(edits.problem) ? 'Not saved yet' : 'Not saved'}>
      {edits.problem !== null && (
        <>
          <Text size="sm">{isPassing(edits.problem) ? 'There is no answer from the institute. What you wrote is kept on this device and sent when there is a signal.' : edits.problem.message}</Text>
          <Group gap="xs">
            <Button size="sm" variant="default" onClick={edits.retry}>{isPassing(edits.problem) ? 'Send now' : 'Try again'}</Button>
            {!isPassing(edits.problem) && <Button size="sm" variant="default" onClick={edits.giveUp}>Leave all as it was</Button>}
          </Group>
        </>
      )}
      {found.map(([key, state]) => (
        <div key={key} className={classes.problem}>
          {state.kind === 'conflict' && (
            <>
              <Text size="sm"><strong>{nameOf(key)}</strong>{`: you wrote ${shown(state.yours) || 'nothing'}, somebody else wrote ${shown(state.theirs) || 'nothing'}.`}</Text>
              <Group gap="xs">
                <Button size="sm" variant="default" onClick={() => edits.drop(key)}>{`Keep ${shown(state.theirs) || 'nothing'}`}</Button>
                <Button size="sm" variant="default" onClick={() => edits.insist(key)}>{`Put ${shown(state.yours) || 'nothing'}`}</Button>
              </Group>
            </>
          )}
          {state.kind === 'refused' && (
            <>
              <Text size="sm"><strong>{nameOf(key)}</strong>{`: ${state.error}`}</Text>
              <Group gap="xs">
                <Button size="sm" variant="default" onClick={() => edits.drop(key)}>Leave it as it was</Button>
                {state.code === 'marks.reason_needed' && <Button size="sm" variant="default" onClick={() => edits.insist(key)} disabled={edits.reason.trim() === ''}>Save with the reason</Button>}
              </Group>
            </>
          )}
        </div>
      ))}
    </Trouble>
  );
}

interface TableProps {
  grid: MarkGrid;
  parts: MarkPart[];
  edits: Edits;
  isLocked: boolean;
  onHistory: (row: MarkRow) => void;
}

function Table({ grid, parts, edits, isLocked, onHistory }: TableProps) {
  const { rows, sheet } = grid;
  const focus = ({ row, column }: Place) => {
    const cell = document.querySelector<HTMLInputElement>(`[data-cell="${row}:${column}"]`);
    cell?.focus();
    cell?.select();
  };
  const put = (place: Place, value: CellValue) => {
    const row = rows[place.row];
    const part = parts[place.column];
    if (row !== undefined && part !== undefined) edits.put(row, part, value);
  };
  return (
    <div className={classes.frame}>
      <table className={classes.table}>
        <caption className={classes.caption}>{`Marks of ${plural(rows.length, 'student')}`}</caption>
        <thead>
          <tr>
            <th scope="col">Student</th>
            {parts.map((part) => <th key={part} scope="col">{`${partName[part]} / ${sheet.maxima[part]}`}</th>)}
            <th scope="col">Total</th>
            <th scope="col">Result</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={row._id} data-published={row.isPublished ? true : undefined}>
              <th scope="row">
                <span className={classes.name}>{row.fullName}</span>
                <span className={classes.number}>{`${row.studentId}${row.inClass ? '' : ' · left the class'}`}</span>
              </th>
              {parts.map((part, column) => (
                <td key={part} data-label={`${partName[part]} / ${sheet.maxima[part]}`}>
                  <Cell
                    row={row}
                    part={part}
                    place={{ row: index, column }}
                    state={edits.states.get(keyOf(row._id, part))}
                    present={edits.presence.get(keyOf(row._id, part))}
                    isLocked={isLocked}
                    onPut={(value) => edits.put(row, part, value)}
                    onBegin={() => edits.begin(row, part)}
                    onEnd={() => edits.end(row, part)}
                    onEnter={() => void tellPresence(sheet._id, row._id, part).catch(() => undefined)}
                    onMove={(key, atStart, atEnd) => {
                      const to = moved(key, { row: index, column }, rows.length, parts.length, atStart, atEnd);
                      if (to !== null) focus(to);
                      return to !== null;
                    }}
                    onPaste={(text) => {
                      for (const { place, value } of pasted(text, { row: index, column }, rows.length, parts.length)) put(place, value);
                    }}
                  />
                </td>
              ))}
              <td data-label="Total" className={classes.sum}>{row.max === 0 ? '' : `${row.obtained} / ${row.max}`}</td>
              <td data-label="Result" className={classes.sum}>{row.max === 0 ? '' : [row.grade, row.resultStatus].filter(Boolean).join(' · ')}</td>
              <td className={classes.past}>
                {row.mark !== null && <button type="button" onClick={() => onHistory(row)} aria-label={`History of the mark of ${row.fullName}`} title="History"><IconHistory size={20} aria-hidden="true" /></button>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

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

function Cell({ row, part, place, state, present, isLocked, onPut, onBegin, onEnd, onEnter, onMove, onPaste }: CellProps) {
  const [draft, setDraft] = useState<{ text: string; from: CellValue } | null>(null);
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
  const press = (event: KeyboardEvent<HTMLInputElement>) => {
    const input = event.currentTarget;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const word = { a: 'AB', w: 'WH' }[event.key.toLowerCase()];
    if (word !== undefined) {
      event.preventDefault();
      commit(word);
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
      <button type="button" className={classes.absent} disabled={isLocked} tabIndex={-1} onClick={() => commit(value === 'absent' ? '' : 'AB')} aria-label={`Absent: ${name}`} aria-pressed={value === 'absent'}>AB</button>
      {present !== undefined && <span className={classes.who}>{present}</span>}
    </div>
  );
}
