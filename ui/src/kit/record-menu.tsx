import { ActionIcon, Menu, Text } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useState } from 'react';
import { ConfirmDialog } from './confirm-dialog.tsx';

interface Question {
  title: string;
  confirm: string;
  text: string;
  run: () => Promise<unknown>;
  onDone: () => void;
}

/** What can be done with a record. Without a question it is done at once. */
export interface RecordAct {
  label: string;
  isDangerous?: boolean;
  onPick?: () => void;
  question?: Question;
}

/** The menu at the end of a record's row; what is hard to take back is asked before it is done. */
export function RecordMenu({ name, acts }: { name: string; acts: RecordAct[] }) {
  // As it was asked: when the record changes meanwhile, the same button would do something else.
  const [asked, setAsked] = useState<Question | null>(null);
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" size={44} color="gray" aria-label={`What to do with ${name}`}><IconDots size={22} aria-hidden="true" /></ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {acts.map(({ label, isDangerous = false, question = null, onPick = () => setAsked(question) }) => <Menu.Item key={label} mih={44} c={isDangerous ? 'var(--mantine-color-error)' : undefined} onClick={onPick}>{label}</Menu.Item>)}
        </Menu.Dropdown>
      </Menu>
      {asked !== null && (
        <ConfirmDialog title={asked.title} confirm={asked.confirm} keep="Cancel" refusal="It was not done" run={asked.run} onDone={asked.onDone} onClose={() => setAsked(null)}>
          <Text>{asked.text}</Text>
        </ConfirmDialog>
      )}
    </>
  );
}
