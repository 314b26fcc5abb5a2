import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { beforeEach, expect, it, vi } from 'vitest';
import { Freshness } from './freshness.tsx';

const line = vi.hoisted(() => ({ shown: 'live', lastLiveAt: null as number | null }));
vi.mock('./live.tsx', () => ({ useLiveState: () => line }));
vi.mock('../kit/institute.ts', () => ({ useTimezone: () => 'UTC' }));

const at = (time: string, isRefetchError = false) => ({ dataUpdatedAt: Date.parse(`2026-11-22T${time}:00Z`), isRefetchError });
const never = { dataUpdatedAt: 0, isRefetchError: false };
const words = (of: Parameters<typeof Freshness>[0]['of'], isTold = true) => renderToString(createElement(Freshness, { of, isTold }));

beforeEach(() => void Object.assign(line, { shown: 'live', lastLiveAt: null }));

it('says that changes come by themselves while they do', () => {
  expect(words(at('09:30'))).toBe('Changes appear here by themselves.');
  expect(words(never)).toBe('Changes appear here by themselves.');
});

it('does not say so to whom nobody tells', () => {
  expect(words(at('09:30'), false)).toBe('Changes appear here within a minute.');
  expect(words(at('09:30', true), false)).toBe('May be out of date. Last updated 09:30.');
});

it('says that a page may be out of date when a part of it could not be asked for again, also on a live line', () => {
  Object.assign(line, { lastLiveAt: Date.parse('2026-11-22T11:00:00Z') });
  expect(words(at('09:30', true))).toBe('May be out of date. Last updated 09:30.');
  expect(words([at('10:00'), at('09:30', true)])).toBe('May be out of date. Last updated 09:30.');
});

it('says when it was last known to be fresh once the line is lost', () => {
  Object.assign(line, { shown: 'offline' });
  expect(words(never)).toBe('Not connected.');
  expect(words([at('10:00'), at('09:30'), never])).toBe('May be out of date. Last updated 09:30.');
  Object.assign(line, { lastLiveAt: Date.parse('2026-11-22T11:00:00Z') });
  expect(words(at('09:30'))).toBe('May be out of date. Last updated 11:00.');
});
