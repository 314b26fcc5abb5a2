/** What stands in cells, as people write it. Pure. */
import type { MarkGrid, MarkPart } from '../../kit/wire.ts';

export const parts: readonly MarkPart[] = ['theory', 'practical', 'viva', 'assignment'];

export const partName: Record<MarkPart, string> = { theory: 'Theory', practical: 'Practical', viva: 'Viva', assignment: 'Assignment' };

export type CellValue = string | number | null;

/** `AB` for absent and `WH` for withheld: they are not zero. */
export function shown(value: CellValue | undefined): string {
  if (value === null || value === undefined) return '';
  if (value === 'absent') return 'AB';
  return value === 'withheld' ? 'WH' : String(value);
}

/** What somebody typed, as the server takes it. What is not understood goes as it is, and is refused there with a reason. */
export function read(text: string): CellValue {
  const word = text.trim().toLowerCase();
  if (word === '') return null;
  if (['a', 'ab', 'absent'].includes(word)) return 'absent';
  if (['w', 'wh', 'withheld'].includes(word)) return 'withheld';
  const number = Number(word.replace(',', '.'));
  return Number.isFinite(number) ? number : text.trim();
}

/** The parts an exam has. */
export const partsOf = (grid: MarkGrid): MarkPart[] => parts.filter((part) => grid.sheet.maxima[part] > 0);

export interface Place {
  row: number;
  column: number;
}

/** Cells of a spreadsheet, pasted from a place on: which value belongs where. What is beyond the grid is left out. */
export function pasted(text: string, from: Place, rows: number, columns: number): { place: Place; value: CellValue }[] {
  const lines = text.replace(/\r\n?/g, '\n').replace(/\n$/, '').split('\n');
  return lines.flatMap((line, down) => line.split('\t').map((cell, right) => ({ place: { row: from.row + down, column: from.column + right }, value: read(cell) })))
    .filter(({ place }) => place.row < rows && place.column < columns);
}

/** Where a key leads from a place; null when it stays in the cell. */
export function moved(key: string, from: Place, rows: number, columns: number, atStart: boolean, atEnd: boolean): Place | null {
  const to = (row: number, column: number) => (row >= 0 && row < rows && column >= 0 && column < columns ? { row, column } : null);
  if (key === 'Enter' || key === 'ArrowDown') return to(from.row + 1, from.column);
  if (key === 'ArrowUp') return to(from.row - 1, from.column);
  if (key === 'ArrowRight' && atEnd) return to(from.row, from.column + 1);
  if (key === 'ArrowLeft' && atStart) return to(from.row, from.column - 1);
  return null;
}
