import { expect, it } from 'vitest';
import { storageOf } from '../../kit/storage.ts';
import { recentSubjects, rememberSubject } from './recent-subjects.ts';

const forbidden = () => storageOf(() => { throw new DOMException('forbidden', 'SecurityError'); });

it('are offered again, the newest first and each once', () => {
  const store = forbidden();
  for (const subject of ['Midwifery', 'Ethics', 'Midwifery']) rememberSubject(subject, store);
  expect(recentSubjects(store)).toEqual(['Midwifery', 'Ethics']);
});

it('a storage that is full does not keep a class from being opened', () => {
  const full = { ...forbidden(), setItem: () => { throw new DOMException('full', 'QuotaExceededError'); } };
  expect(() => rememberSubject('Midwifery', full)).not.toThrow();
});

it.each(['{', '7', 'null', '[7]'])('what somebody else wrote there is no subject: %s', (text) => {
  const store = forbidden();
  store.setItem('attendance:subjects', text);
  expect(recentSubjects(store)).toEqual([]);
});
