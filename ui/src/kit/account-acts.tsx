import { useState, type ReactNode } from 'react';
import { Credentials } from './credentials.tsx';
import type { RecordAct } from './record-menu.tsx';

interface Person {
  name: string;
  username: string;
  email: string;
  /** Has another password made; gives it. */
  give: () => Promise<string>;
  onDone: () => void;
}

/** What gives somebody another password, for a record's menu, and what shows it once. */
export function useNewPassword({ name, username, email, give, onDone }: Person): [act: RecordAct, shown: ReactNode] {
  const [given, setGiven] = useState<string | null>(null);
  const act: RecordAct = {
    label: 'New password',
    question: {
      title: `New password for ${name}?`,
      confirm: 'Make a new password',
      text: 'It is made and shown to you once. All their devices are signed out at once.',
      run: async () => setGiven(await give()),
      onDone,
    },
  };
  return [act, given !== null && <Credentials title="New password" name={name} lines={[['User name', username], ['Email', email], ['Password', given]]} onClose={() => setGiven(null)} />];
}

/** What switches an account off or on again. */
export function switchAct(name: string, isActive: boolean, stays: string, run: () => Promise<unknown>, onDone: () => void): RecordAct {
  const word = isActive ? 'Switch off' : 'Switch on';
  return {
    label: word,
    question: {
      title: isActive ? `Switch ${name} off?` : `Switch ${name} on?`,
      confirm: word,
      text: isActive ? `They are signed out everywhere at once and cannot sign in. ${stays}` : 'They can sign in again, with the password they had.',
      run,
      onDone,
    },
  };
}
