import { ActionIcon, Menu, Text } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useState } from 'react';
import { ConfirmDialog } from './confirm-dialog.tsx';

/** What can be done with a record. Without a question it is done at once. */
export interface RecordAct {
  label: string;
  isDangerous?: boolean;
  onPick?: () => void;
  question?: { title: string; confirm: string; text: string; run: () => Promise<unknown>; onDone: () => void };
}

/** The menu at the end of a record's row; what is hard to take back is asked before it is done. */
export function RecordMenu({ name, acts }: { name: string; acts: RecordAct[] }) {
  const [asked, setAsked] = useState<string | null>(null);
  const question = acts.find(({ label }) => label === asked)?.question;
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon variant="subtle" size={44} color="gray" aria-label={`What to do with ${name}`}><IconDots size={22} aria-hidden="true" /></ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {acts.map(({ label, isDangerous = false, onPick = () => setAsked(label) }) => <Menu.Item key={label} mih={44} c={isDangerous ? 'var(--mantine-color-error)' : undefined} onClick={onPick}>{label}</Menu.Item>)}
        </Menu.Dropdown>
      </Menu>
      {question !== undefined && (
        <ConfirmDialog title={question.title} confirm={question.confirm} keep="Cancel" refusal="It was not done" run={question.run} onDone={question.onDone} onClose={() => setAsked(null)}>
          <Text>{question.text}</Text>
        </ConfirmDialog>
      )}
    </>
  );
}
