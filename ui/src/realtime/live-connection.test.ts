import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { session } from '../kit/session.ts';
import { LiveConnection } from './live-connection.ts';

/** A socket that opens at once and, as the library's does, says at once that it was closed. */
const socket = vi.hoisted(() => {
  const heard = new Map<string, () => void>();
  const self = {
    connected: false,
    active: false,
    recovered: false,
    on: (event: string, listener: () => void) => heard.set(event, listener),
    connect: vi.fn(() => {
      self.connected = true;
      heard.get('connect')?.();
    }),
    disconnect: () => {
      const was = self.connected;
      self.connected = false;
      if (was) heard.get('disconnect')?.();
      return self;
    },
  };
  return self;
});
vi.mock('socket.io-client', () => ({ io: () => socket }));

const quiet = { addEventListener: () => undefined, removeEventListener: () => undefined };

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('window', { ...quiet, location: { origin: '' } });
  vi.stubGlobal('document', quiet);
  vi.stubGlobal('navigator', { onLine: true });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
  session.leave();
});

it('does not come back once it was stopped', () => {
  session.begin('t');
  const connection = new LiveConnection(() => undefined);
  connection.start();
  expect(socket.connect).toHaveBeenCalledTimes(1);
  connection.stop();
  vi.advanceTimersByTime(60_000);
  expect(socket.connect).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
});
