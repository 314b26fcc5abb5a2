/**
 * Marks that were put and not yet answered for: kept on the device, so that no signal, a closed tab or a flat battery loses none. Sending one
 * again is harmless: it says upon which state of its cell it was put.
 */
import { deviceStorage, type DeviceStorage } from '../../kit/storage.ts';
import type { CellEdit } from '../../kit/wire.ts';

export interface Unsent {
  cells: CellEdit[];
  /** Why published marks are changed. */
  reason: string;
}

/** Nobody sends what somebody else has put. */
const keyOf = (person: string, sheet: string): string => `marks:cells:${person}:${sheet}`;

function isEdit(value: unknown): value is CellEdit {
  return typeof value === 'object' && value !== null && 'student' in value && 'part' in value && 'base' in value;
}

export function unsentOf(person: string, sheet: string, store: DeviceStorage = deviceStorage): Unsent {
  try {
    const found = JSON.parse(store.getItem(keyOf(person, sheet)) ?? 'null') as Partial<Unsent> | null;
    return { cells: Array.isArray(found?.cells) ? found.cells.filter(isEdit) : [], reason: typeof found?.reason === 'string' ? found.reason : '' };
  } catch {
    return { cells: [], reason: '' };
  }
}

const cellOf = ({ student, part }: CellEdit): string => `${student} ${part}`;
const isSame = (one: CellEdit, other: CellEdit): boolean => cellOf(one) === cellOf(other) && one.base === other.base && one.value === other.value;

/** Keeps these beside what another tab has kept, and lets go of those that are done with. Says whether the device has them. */
export function keepUnsent(person: string, sheet: string, { cells, reason }: Unsent, done: readonly CellEdit[] = [], store: DeviceStorage = deviceStorage): boolean {
  const stored = unsentOf(person, sheet, store);
  const others = stored.cells.filter((cell) => !done.some((one) => isSame(one, cell)));
  const kept = [...new Map([...others, ...cells].map((cell) => [cellOf(cell), cell])).values()];
  try {
    if (kept.length === 0) store.removeItem(keyOf(person, sheet));
    else store.setItem(keyOf(person, sheet), JSON.stringify({ cells: kept, reason: cells.length === 0 ? stored.reason : reason }));
    return store.isPassing !== true;
  } catch {
    // A browser that keeps nothing, or is full: they are still on the page.
    return false;
  }
}
