import { QueryClient, QueryClientProvider, QueryObserver } from '@tanstack/react-query';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, it, vi } from 'vitest';
import { StaffListener } from './listeners.tsx';
import { gridKey } from './queries.ts';

const heard = vi.hoisted(() => new Map<string, (payload: unknown) => void>());
vi.mock('../../realtime/live.tsx', () => ({ useLiveEvent: (event: string, listener: (payload: unknown) => void) => heard.set(event, listener) }));
vi.mock('react-router', () => ({ useNavigate: () => () => undefined }));

function listening(): QueryClient {
  const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
  renderToString(createElement(QueryClientProvider, { client: queries }, createElement(StaffListener)));
  return queries;
}

it('a grid whose cells were edited while it was not shown is asked for when it is opened again; one that is shown is left to itself', () => {
  const queries = listening();
  const asked = vi.fn(() => Promise.resolve({}));
  queries.setQueryData(gridKey('a'), {});
  queries.setQueryData(gridKey('b'), {});
  const stop = new QueryObserver(queries, { queryKey: gridKey('a'), queryFn: asked }).subscribe(() => undefined);
  heard.get('marks:edited')?.({ sheet: 'a', cells: [], by: 'mary' });
  expect(queries.getQueryState(gridKey('a'))?.isInvalidated).toBe(false);
  expect(asked).not.toHaveBeenCalled();
  stop();
  heard.get('marks:edited')?.({ sheet: 'a', cells: [], by: 'mary' });
  expect(queries.getQueryState(gridKey('a'))?.isInvalidated).toBe(true);
  expect(queries.getQueryState(gridKey('b'))?.isInvalidated).toBe(false);
  expect(asked).not.toHaveBeenCalled();
});
