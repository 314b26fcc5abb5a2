import { describe, expect, it } from 'vitest';
import { moved, pasted, read, shown } from './cells.ts';

describe('cells', () => {
  it('are numbers, or say why not', () => {
    for (const [text, value] of [['', null], [' 17.5 ', 17.5], ['17,5', 17.5], ['a', 'absent'], ['AB', 'absent'], ['w', 'withheld'], ['0', 0], ['x', 'x']] as const) {
      expect(read(text)).toBe(value);
    }
    expect([null, 0, 17.5, 'absent', 'withheld'].map(shown)).toEqual(['', '0', '17.5', 'AB', 'WH']);
  });

  it('are pasted from a spreadsheet, as far as the grid goes', () => {
    const found = pasted('1\t2\t3\r\nAB\t\t5\r\n9\r\n', { row: 1, column: 0 }, 3, 2);
    expect(found).toEqual([
      { place: { row: 1, column: 0 }, value: 1 },
      { place: { row: 1, column: 1 }, value: 2 },
      { place: { row: 2, column: 0 }, value: 'absent' },
      { place: { row: 2, column: 1 }, value: null },
    ]);
  });

  it('are left with the keys of a spreadsheet', () => {
    const from = { row: 1, column: 0 };
    expect(moved('Enter', from, 3, 2, false, false)).toEqual({ row: 2, column: 0 });
    expect(moved('ArrowUp', from, 3, 2, false, false)).toEqual({ row: 0, column: 0 });
    expect(moved('ArrowRight', from, 3, 2, false, false)).toBeNull();
    expect(moved('ArrowRight', from, 3, 2, false, true)).toEqual({ row: 1, column: 1 });
    expect(moved('ArrowLeft', from, 3, 2, true, true)).toBeNull();
    expect(moved('ArrowDown', { row: 2, column: 0 }, 3, 2, true, true)).toBeNull();
  });
});
