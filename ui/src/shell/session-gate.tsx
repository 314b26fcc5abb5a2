import { Button, Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Navigate, useLocation } from 'react-router';
import { knownHolder, meQuery } from '../features/accounts/me.ts';
import { signInAddress } from '../features/accounts/next-address.ts';
import { session, useSession } from '../kit/session.ts';
import { Failed, Waiting } from '../kit/states.tsx';
import type { User } from '../kit/wire.ts';
import { Splash } from './splash.tsx';

/** Lets through who is signed in; everybody else signs in first and comes back to the same page. */
export function SessionGate({ children }: { children: (user: User) => ReactNode }) {
  const { token, returnToPage } = useSession();
  const { pathname, search, hash } = useLocation();
  if (token === null) return <Navigate to={returnToPage ? signInAddress(pathname + search + hash) : '/sign-in'} replace />;
  return <Known token={token}>{children}</Known>;
}

function Known({ token, children }: { token: string; children: (user: User) => ReactNode }) {
  const me = useQuery({ ...meQuery(token), placeholderData: knownHolder(token) });
  if (me.data !== undefined) return children(me.data);
  if (me.isError) {
    return (
      <main>
        <Failed error={me.error} retry={() => void me.refetch()} retrying={me.isFetching} />
        <Group justify="center"><Button variant="subtle" onClick={() => session.leave()}>Sign out</Button></Group>
      </main>
    );
  }
  return me.fetchStatus === 'paused' ? <main><Waiting /></main> : <Splash />;
}
