/** The subjects for which somebody has called the roll on this device: offered when the next class is opened. */
import { deviceStorage, type DeviceStorage } from '../../kit/storage.ts';

const remembered = 'attendance:subjects';

const atMost = 20;

export function recentSubjects(store: DeviceStorage = deviceStorage): string[] {
  try {
    const found: unknown = JSON.parse(store.getItem(remembered) ?? '[]');
    return Array.isArray(found) ? found.filter((one) => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

export function rememberSubject(subject: string, store: DeviceStorage = deviceStorage): void {
  try {
    store.setItem(remembered, JSON.stringify([...new Set([subject, ...recentSubjects(store)])].slice(0, atMost)));
  } catch {
    // A full storage: the class is open all the same.
  }
}
