import { queryOptions } from '@tanstack/react-query';
import { call } from '../../kit/api.ts';
import { session } from '../../kit/session.ts';
import type { Myself, PasswordChange, PasswordChanged, SignedIn, User } from '../../kit/wire.ts';

/** Who the holder of this token is. */
export const meQuery = (token: string) => queryOptions({
  queryKey: ['accounts', 'me', token],
  queryFn: async ({ signal }) => (await call<Myself>('GET', '/auth/me', { signal })).user,
  staleTime: Infinity,
  refetchOnReconnect: 'always',
});

export function signIn(email: string, password: string): Promise<SignedIn> {
  return call<SignedIn>('POST', '/auth/login', { body: { email, password }, signingIn: true });
}

/** The new token replaces ours at once; all other devices are signed out. */
export function changePassword(change: PasswordChange): Promise<void> {
  const request = call<PasswordChanged>('PUT', '/auth/change-password', { body: change });
  return session.during(request.then(({ token }) => session.begin(token)));
}

/** What to call somebody. */
export const nameOf = (user: User): string => user.profile.fullName || user.username;
