import { useQueryClient } from '@tanstack/react-query';
import { createContext, use, useEffect, useEffectEvent, useState, useSyncExternalStore, type ReactNode } from 'react';
import type { LiveEvents } from '../kit/wire.ts';
import { askAgain } from './ask-again.ts';
import { LiveConnection, type LiveState } from './live-connection.ts';
import { isLive, pollingOf } from './refresh-live.ts';

const LiveContext = createContext<LiveConnection | null>(null);

/** Opens the socket for as long as somebody is signed in. Queries with `meta: { live: true }` are loaded afresh when events were missed. */
export function Live({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [connection] = useState(() => new LiveConnection((recovered) => {
    // Not recovered: nobody can say what was missed. This is also so for the first connection, because a page may have asked
    // its questions before the socket was listening. Recovered: only what could not be loaded meanwhile is asked for again.
    void askAgain(queries, { predicate: (query) => isLive(query) && (!recovered || query.state.isInvalidated) });
  }));
  useEffect(() => {
    connection.start();
    return () => connection.stop();
  }, [connection]);
  return <LiveContext value={connection}>{children}</LiveContext>;
}

function useConnection(): LiveConnection {
  const connection = use(LiveContext);
  if (connection === null) throw new Error('This is shown outside of <Live>.');
  return connection;
}

/** Hears one live event for as long as the component is shown. */
export function useLiveEvent<E extends keyof LiveEvents>(event: E, listener: (payload: LiveEvents[E]) => void): void {
  const connection = useConnection();
  const heard = useEffectEvent(listener);
  useEffect(() => connection.on(event, (payload) => heard(payload)), [connection, event]);
}

export function useLiveState(): LiveState {
  const connection = useConnection();
  return useSyncExternalStore(connection.subscribe, connection.get);
}

/** `isTold`: does the server tell this person of changes? */
export function useLivePolling(isTold = true): ReturnType<typeof pollingOf> {
  const { shown } = useLiveState();
  return pollingOf(shown, isTold);
}
