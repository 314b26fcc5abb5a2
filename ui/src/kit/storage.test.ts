import { expect, it } from 'vitest';
import { storageOf } from './storage.ts';

it('a browser that forbids storage keeps things as long as the page is open', () => {
  const storage = storageOf(() => { throw new DOMException('forbidden', 'SecurityError'); });
  storage.setItem('a', '1');
  expect(storage.getItem('a')).toBe('1');
  storage.removeItem('a');
  expect(storage.getItem('a')).toBeNull();
});
