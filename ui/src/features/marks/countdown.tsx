import { Button, Text } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { now } from '../../kit/clock.ts';
import classes from './grid.module.css';

/** How long the publication can still be undone. */
export function Countdown({ dueAt, onUndo, isUndoing }: { dueAt: string; onUndo: () => void; isUndoing: boolean }) {
  const [left, setLeft] = useState(() => Date.parse(dueAt) - now());
  useEffect(() => {
    const timer = setInterval(() => setLeft(Date.parse(dueAt) - now()), 250);
    return () => clearInterval(timer);
  }, [dueAt]);
  const seconds = Math.max(0, Math.ceil(left / 1000));
  return (
    <div className={classes.countdown} role="region" aria-label="Publication">
      <div>
        <Text fw={600}>{seconds === 0 ? 'Publishing now…' : `Published in ${seconds} s`}</Text>
        <Text size="sm" role="status">Nobody has seen or heard of it yet.</Text>
      </div>
      <Button variant="default" leftSection={<IconArrowBackUp size={20} aria-hidden="true" />} onClick={onUndo} loading={isUndoing} disabled={seconds === 0}>Undo</Button>
    </div>
  );
}
