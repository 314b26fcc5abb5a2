import { expect, test } from 'vitest';
import { storageOf } from '../../kit/storage.ts';
import type { CellEdit } from '../../kit/wire.ts';
import { keepUnsent, unsentOf } from './unsent.ts';

function storage() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
}

const cells: CellEdit[] = [{ student: 's1', part: 'theory', value: 41, base: 3 }, { student: 's2', part: 'viva', value: null, base: 0 }];

test('what is not sent is there again, for the same person and sheet alone', () => {
  const store = storage();
  keepUnsent('mary', 'sheet1', { cells, reason: 'Counted again' }, [], store);
  expect(unsentOf('mary', 'sheet1', store)).toEqual({ cells, reason: 'Counted again' });
  expect(unsentOf('leela', 'sheet1', store).cells).toEqual([]);
  expect(unsentOf('mary', 'sheet2', store).cells).toEqual([]);
});

test('nothing stays behind once all is sent', () => {
  const store = storage();
  keepUnsent('mary', 'sheet1', { cells, reason: '' }, [], store);
  keepUnsent('mary', 'sheet1', { cells: [], reason: 'Counted again' }, cells, store);
  expect([...store.kept]).toEqual([]);
});

test.each(['{', '7', 'null', '[]', '{"cells":7}', '{"cells":[1,{"student":"s1"}],"reason":2}'])('what somebody else wrote there is no mark: %s', (text) => {
  const store = storage();
  store.setItem('marks:cells:mary:sheet1', text);
  expect(unsentOf('mary', 'sheet1', store)).toEqual({ cells: [], reason: '' });
});

test('a browser that keeps nothing does not stop anybody', () => {
  const full = { ...storage(), setItem: () => { throw new Error('full'); } };
  expect(() => keepUnsent('mary', 'sheet1', { cells, reason: '' }, [], full)).not.toThrow();
});

test('what another tab has kept stays, until it was answered there', () => {
  const store = storage();
  const [own, other] = cells as [CellEdit, CellEdit];
  keepUnsent('mary', 'sheet1', { cells: [other], reason: 'Counted again' }, [], store);
  keepUnsent('mary', 'sheet1', { cells: [own], reason: '' }, [], store);
  expect(unsentOf('mary', 'sheet1', store).cells).toEqual([other, own]);
  keepUnsent('mary', 'sheet1', { cells: [], reason: '' }, [own], store);
  expect(unsentOf('mary', 'sheet1', store).cells).toEqual([other]);
});

test('the newer mark of a cell is kept, and an answer to the older one does not take it away', () => {
  const store = storage();
  const [first] = cells as [CellEdit];
  const second = { ...first, value: 42 };
  keepUnsent('mary', 'sheet1', { cells: [first], reason: '' }, [], store);
  keepUnsent('mary', 'sheet1', { cells: [second], reason: '' }, [], store);
  keepUnsent('mary', 'sheet1', { cells: [], reason: '' }, [first], store);
  expect(unsentOf('mary', 'sheet1', store).cells).toEqual([second]);
});

test('only a device that keeps marks is said to keep them', () => {
  const full = { ...storage(), setItem: () => { throw new Error('full'); } };
  const passing = storageOf(() => { throw new Error('forbidden'); });
  expect([storage(), full, passing].map((store) => keepUnsent('mary', 'sheet1', { cells, reason: '' }, [], store))).toEqual([true, false, false]);
});
