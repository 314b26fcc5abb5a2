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

/** Keeps these and no others. */
export function keepUnsent(person: string, sheet: string, unsent: Unsent, store: DeviceStorage = deviceStorage): void {
  try {
    if (unsent.cells.length === 0) store.removeItem(keyOf(person, sheet));
    else store.setItem(keyOf(person, sheet), JSON.stringify(unsent));
  } catch {
    // A browser that keeps nothing, or is full: they are still on the page.
  }
}
