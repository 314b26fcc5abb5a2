import { queryOptions } from '@tanstack/react-query';
import { call, getData } from '../../kit/api.ts';
import { holderOf, session } from '../../kit/session.ts';
import type { Device, Myself, OwnContact, OwnProfile, PasswordChange, PasswordChanged, SignedIn, User } from '../../kit/wire.ts';

/** Who the holder of this token is. */
export const meQuery = (token: string) => queryOptions({
  queryKey: ['accounts', 'me', token],
  queryFn: async ({ signal }) => (await call<Myself>('GET', '/auth/me', { signal })).user,
  staleTime: Infinity,
  refetchOnReconnect: 'always',
});

/** While a new token of the same person is looked up (they changed their password) the page stays as it is; with that of somebody else it does not. */
export const knownHolder = (token: string) => (before: User | undefined): User | undefined => (before?._id === holderOf(token) ? before : undefined);

export function signIn(email: string, password: string): Promise<SignedIn> {
  return call<SignedIn>('POST', '/auth/login', { body: { email, password }, signingIn: true });
}

/** The new token replaces ours at once; all other devices are signed out. */
export function changePassword(change: PasswordChange): Promise<void> {
  const request = call<PasswordChanged>('PUT', '/auth/change-password', { body: change });
  return session.during(request.then(({ token }) => session.begin(token)));
}

export const devicesQuery = queryOptions({
  queryKey: ['accounts', 'devices'] as const,
  queryFn: ({ signal }) => getData<Device[]>('/auth/sessions', {}, signal),
});

export async function signOutDevice(id: string): Promise<void> {
  await call('DELETE', `/auth/sessions/${encodeURIComponent(id)}`);
}

/** Every other device. The new token replaces ours at once. */
export function signOutOthers(): Promise<void> {
  return session.during(call<PasswordChanged>('DELETE', '/auth/sessions').then(({ token }) => session.begin(token)));
}

/** Here: the server forgets this device too, when it can be reached. */
export function signOut(): void {
  void call('POST', '/auth/logout').catch(() => undefined);
  session.leave();
}

export async function changePhone(phoneNumber: string): Promise<void> {
  await call('PUT', '/auth/profile', { body: { phoneNumber } });
}

/** A student's own record. */
export const profileQuery = queryOptions({
  queryKey: ['accounts', 'profile'] as const,
  queryFn: ({ signal }) => getData<OwnProfile>('/student/profile', {}, signal),
  meta: { live: true },
});

export async function changeContact(form: OwnContact): Promise<OwnProfile> {
  return (await call<{ data: OwnProfile }>('PUT', '/student/profile', { body: form })).data;
}

export async function askForLink(email: string): Promise<string> {
  return (await call<{ message: string }>('POST', '/auth/forgot-password', { body: { email }, signingIn: true })).message;
}

export async function setPassword(token: string, password: string): Promise<string> {
  return (await call<{ message: string }>('PUT', `/auth/reset-password/${encodeURIComponent(token)}`, { body: { password }, signingIn: true })).message;
}

/** What to call somebody. */
export const nameOf = (user: User): string => user.profile.fullName || user.username;
