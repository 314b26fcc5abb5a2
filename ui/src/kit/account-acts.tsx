import { Credentials } from './credentials.tsx';
import type { RecordAct } from './record-menu.tsx';

interface Person {
  name: string;
  username: string;
  email: string;
}

/** Another password that was made for somebody. */
export interface NewPassword extends Person {
  password: string;
}

/** What gives somebody another password, for a record's menu. The page holds it, for the row may leave the page before it was read. */
export function newPasswordAct(person: Person, give: () => Promise<string>, onGiven: (given: NewPassword) => void, onDone: () => void): RecordAct {
  return {
    label: 'New password',
    question: {
      title: `New password for ${person.name}?`,
      confirm: 'Make a new password',
      text: 'It is made and shown to you once. All their devices are signed out at once.',
      run: async () => onGiven({ ...person, password: await give() }),
      onDone,
    },
  };
}

/** Shows it once. */
export function ShownPassword({ given: { name, username, email, password }, onClose }: { given: NewPassword; onClose: () => void }) {
  return <Credentials title="New password" name={name} lines={[['User name', username], ['Email', email], ['Password', password]]} onClose={onClose} />;
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
