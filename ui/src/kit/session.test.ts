import { describe, expect, it } from 'vitest';
import { holderOf, Session } from './session.ts';

function storage(token: string | null) {
  const map = new Map<string, string>(token === null ? [] : [['token', token]]);
  return {
    map,
    getItem: (name: string) => map.get(name) ?? null,
    setItem: (name: string, value: string) => void map.set(name, value),
    removeItem: (name: string) => void map.delete(name),
  };
}

describe('Session', () => {
  it('ends with the sentence of the server when its own token is refused', async () => {
    const shared = storage('old');
    const session = new Session(shared);
    await session.refuse('old', 'Your account was closed.');
    expect(session.get()).toEqual({ token: null, ended: 'Your account was closed.', returnToPage: true });
    expect(shared.map.has('token')).toBe(false);
  });

  it('takes over the token of another tab instead of ending when an older one is refused', async () => {
    const shared = storage('old');
    const session = new Session(shared);
    shared.map.set('token', 'new');
    await session.refuse('old', 'Signed out.');
    expect(session.get().token).toBe('new');
    expect(shared.map.get('token')).toBe('new');
  });

  it('waits for a change of password under way before it believes a refusal', async () => {
    const session = new Session(storage('old'));
    let answer: (token: string) => void = () => undefined;
    const request = new Promise<string>((resolve) => (answer = resolve)).then((token) => session.begin(token));
    void session.during(request);
    const refusal = session.refuse('old', 'Signed out.');
    answer('new');
    await refusal;
    expect(session.get().token).toBe('new');
  });

  it('follows the sign-out of another tab and says so, but not its own', async () => {
    const shared = storage('t');
    const session = new Session(shared);
    shared.map.delete('token');
    await session.follow();
    expect(session.get().ended).toContain('another tab');

    const own = new Session(storage('t'));
    own.leave();
    await own.follow();
    expect(own.get()).toEqual({ token: null, ended: null, returnToPage: false });
  });

  it('signs in when another tab does', async () => {
    const shared = storage(null);
    const session = new Session(shared);
    shared.map.set('token', 't');
    await session.follow();
    expect(session.get().token).toBe('t');
  });
});

it.each([
  ['eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOiJhIiwidXNlcm5hbWUiOiJBc2jEgT8_In0.c2ln', 'a'],
  ['e30.e30.c2ln', null],
  ['e30.bnVsbA.c2ln', null],
  ['nonsense', null],
  [null, null],
])('the token %s is held by %s', (token, holder) => expect(holderOf(token)).toBe(holder));
