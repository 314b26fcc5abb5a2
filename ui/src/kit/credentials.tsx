import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy, IconPrinter } from '@tabler/icons-react';
import classes from './credentials.module.css';
import { useReturnFocus } from './return-focus.ts';

interface CredentialsProps {
  title: string;
  /** Whose they are. */
  name: string;
  lines: [label: string, value: string][];
  onClose: () => void;
}

/** What somebody signs in with, shown this once: the server keeps no password. */
export function Credentials({ title, name, lines, onClose }: CredentialsProps) {
  useReturnFocus();
  const clipboard = useClipboard({ timeout: 3_000 });
  const text = [name, ...lines.map(([label, value]) => `${label}: ${value}`)].join('\n');
  return (
    <Modal opened onClose={onClose} title={title} centered closeOnClickOutside={false} closeOnEscape={false} closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack>
        <Text>The password is shown this once and is kept nowhere. Copy or print it before you close this.</Text>
        <div className={classes.card}>
          <Text fw={650}>{name}</Text>
          <dl>
            {lines.map(([label, value]) => (
              <div key={label}>
                <dt>{label}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </div>
        <Group justify="flex-end">
          <Button variant="default" leftSection={<IconPrinter size={18} aria-hidden="true" />} onClick={() => window.print()}>Print</Button>
          <Button variant="default" leftSection={clipboard.copied ? <IconCheck size={18} aria-hidden="true" /> : <IconCopy size={18} aria-hidden="true" />} onClick={() => clipboard.copy(text)}>{clipboard.copied ? 'Copied' : 'Copy'}</Button>
          <Button onClick={onClose}>Done</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
