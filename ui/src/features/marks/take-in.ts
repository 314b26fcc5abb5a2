/** What a grid takes in of what was put elsewhere: only what it does not know yet, because answers and events overtake each other. Pure. */
import type { CellsResult, LiveEvents, MarkGrid, MarkPart, MarkRow } from '../../kit/wire.ts';

type Cell = Pick<LiveEvents['marks:edited']['cells'][number], 'student' | 'part' | 'rev'> & { value?: unknown };

/** Those that are newer than what the grid shows. */
export function news<C extends Cell>(grid: MarkGrid, cells: C[]): C[] {
  const rows = new Map(grid.rows.map((row) => [row._id, row]));
  return cells.filter(({ student, part, rev }) => rev > (rows.get(student)?.cells[part].rev ?? Infinity));
}

export function withCells(grid: MarkGrid, cells: Cell[]): MarkGrid {
  const newer = news(grid, cells);
  const rows = grid.rows.map((row) => {
    const own = newer.filter(({ student }) => student === row._id);
    if (own.length === 0) return row;
    const next = { ...row.cells };
    for (const { part, value, rev } of own) next[part] = { value: value as never, rev };
    return { ...row, cells: next };
  });
  return { ...grid, rows };
}

const parts = ({ cells }: MarkRow) => Object.keys(cells) as MarkPart[];

/** The answer to what was put here. A row of it has the sums too, unless somebody else was in that row since. */
export function withAnswer(grid: MarkGrid, { rows, conflicts }: CellsResult): MarkGrid {
  const told = new Map(rows.map((row) => [row._id, row]));
  const next = grid.rows.map((row) => {
    const answer = told.get(row._id);
    return answer !== undefined && parts(row).every((part) => answer.cells[part].rev >= row.cells[part].rev) ? answer : row;
  });
  return withCells({ ...grid, rows: next }, [
    ...rows.flatMap((row) => parts(row).map((part) => ({ student: row._id, part, ...row.cells[part] }))),
    ...conflicts.map(({ student, part, theirs, rev }) => ({ student, part, value: theirs, rev })),
  ]);
}
