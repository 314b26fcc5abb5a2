/** What a page keeps on its device. */
export type DeviceStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> & {
  /** It keeps nothing once the tab is closed. */
  isPassing?: true;
};

/** A browser that forbids storage still keeps a session and what waits, for as long as the tab lives. */
export function storageOf(page: () => DeviceStorage): DeviceStorage {
  try {
    const storage = page();
    storage.getItem('token');
    return storage;
  } catch {
    const memory = new Map<string, string>();
    return {
      getItem: (name) => memory.get(name) ?? null,
      setItem: (name, value) => void memory.set(name, value),
      removeItem: (name) => void memory.delete(name),
      isPassing: true,
    };
  }
}

export const deviceStorage = storageOf(() => window.localStorage);
