/** What a grid takes in of what was put elsewhere: only what it does not know yet, because answers and events overtake each other. Pure. */
import type { LiveEvents, MarkGrid } from '../../kit/wire.ts';

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
