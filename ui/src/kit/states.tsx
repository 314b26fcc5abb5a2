import { Alert, Button, Stack, Text } from '@mantine/core';
import { IconAlertCircle, IconRefresh, IconWifiOff } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { asProblem } from './problem.ts';
import classes from './states.module.css';

interface EmptyProps {
  icon: ReactNode;
  title: string;
  children: ReactNode;
  action?: ReactNode;
}

/** Nothing here yet: says what will appear. */
export function Empty({ icon, title, children, action }: EmptyProps) {
  return (
    <div className={classes.empty}>
      <div className={classes.icon} aria-hidden="true">{icon}</div>
      <Text fw={600} size="lg">{title}</Text>
      <Text c="dimmed" maw={420}>{children}</Text>
      {action}
    </div>
  );
}

/** Something could not be loaded. */
export function Failed({ error, retry, retrying = false }: { error: unknown; retry: () => void; retrying?: boolean }) {
  const problem = asProblem(error);
  const Icon = problem.code === 'network' ? IconWifiOff : IconAlertCircle;
  return (
    <div className={classes.empty} role="alert">
      <div className={classes.icon} aria-hidden="true"><Icon size={32} stroke={1.5} /></div>
      <Text fw={600} size="lg">This could not be loaded</Text>
      <Text c="dimmed" maw={420}>{problem.message}</Text>
      <Button variant="light" leftSection={<IconRefresh size={18} aria-hidden="true" />} onClick={retry} loading={retrying}>Try again</Button>
    </div>
  );
}

/** Asked for while there is no network: it will come without anybody doing anything. */
export function Waiting() {
  return (
    <Empty icon={<IconWifiOff size={32} stroke={1.5} />} title="There is no signal">
      This page loads by itself as soon as the institute can be reached again.
    </Empty>
  );
}

/** What went wrong with something the person just did. */
export function Trouble({ children, title }: { children: ReactNode; title?: string }) {
  return (
    <Alert role="alert" variant="outline" className={classes.trouble} icon={<IconAlertCircle aria-hidden="true" />} title={title}>
      <Stack gap="xs" align="flex-start">{children}</Stack>
    </Alert>
  );
}
