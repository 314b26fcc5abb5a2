import { Text, TextInput, Title } from '@mantine/core';
import { IconArrowLeft, IconHistory } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { Link } from 'react-router';
import { plural } from '../../kit/format.ts';
import { useTitle } from '../../kit/page.tsx';
import { part } from '../../kit/part.ts';
import { Failed, Waiting } from '../../kit/states.tsx';
import type { MarkGrid, MarkPart, MarkRow } from '../../kit/wire.ts';
import { useLivePolling } from '../../realtime/live.tsx';
import { Cell } from './cell.tsx';
import { moved, partName, partsOf, pasted, type CellValue, type Place } from './cells.ts';
import { Countdown } from './countdown.tsx';
import { Distribution } from './distribution.tsx';
import classes from './grid.module.css';
import { Problems } from './problems.tsx';
import { gridOf, tellPresence } from './queries.ts';
import { SheetActions } from './sheet-actions.tsx';
import { keyOf, useGridEdits, type Edits } from './use-grid-edits.ts';
import { examOf, savingWords } from './words.ts';

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
      {isScheduled && sheet.dueAt != null && <Countdown key={sheet.dueAt} id={sheet._id} dueAt={sheet.dueAt} />}
      <Distribution grid={grid} />
      {hasPublished && (
        <TextInput className={classes.reason} label="Reason for changing published marks" description="Published marks change only with a reason. The student can read it." value={edits.reason} onChange={(event) => edits.setReason(event.currentTarget.value)} maxLength={500} />
      )}
      <Problems edits={edits} grid={grid} />
      <Text size="sm" c="dimmed" className={classes.hint}>Write marks, <span className={classes.keys}>A for absent or W for withheld. Arrow keys and Enter move; cells of a spreadsheet can be pasted.</span><span className={classes.touch}>AB for absent or WH for withheld.</span> Everything is saved as you go.</Text>
      <Table grid={grid} parts={parts} edits={edits} isLocked={isScheduled} onHistory={setLooking} />
      <div role="status" className={classes.saving}>{savingWords(edits)}</div>
      <Suspense fallback={null}>{looking !== null && <HistoryDialog row={looking} onClose={() => setLooking(null)} />}</Suspense>
    </>
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
                <td key={part} data-label={`${partName[part]} / ${sheet.maxima[part]}`} className={classes.part}>
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
