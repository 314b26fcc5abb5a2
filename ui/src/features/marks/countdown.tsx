import { Button, Text } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { now } from '../../kit/clock.ts';
import { asProblem, isUnknown } from '../../kit/problem.ts';
import { Trouble } from '../../kit/states.tsx';
import classes from './grid.module.css';
import { gridKey, undoPublication } from './queries.ts';

/** How long the publication can still be undone, and the way to do it. */
export function Countdown({ id, dueAt }: { id: string; dueAt: string }) {
  const queries = useQueryClient();
  const [left, setLeft] = useState(() => Date.parse(dueAt) - now());
  useEffect(() => {
    const timer = setInterval(() => setLeft(Date.parse(dueAt) - now()), 250);
    return () => clearInterval(timer);
  }, [dueAt]);
  // It is under way until the sheet says what became of it: who pressed once more meanwhile would be told that it is too late.
  const undo = useMutation({ mutationFn: () => undoPublication(id), onSettled: () => queries.invalidateQueries({ queryKey: gridKey(id) }) });
  const seconds = Math.max(0, Math.ceil(left / 1000));
  return (
    <>
      <div className={classes.countdown} role="region" aria-label="Publication">
        <div>
          <Text fw={600}>{seconds === 0 ? 'Publishing now…' : `Published in ${seconds} s`}</Text>
          <Text size="sm" role="status">Nobody has seen or heard of it yet.</Text>
        </div>
        <Button variant="default" leftSection={<IconArrowBackUp size={20} aria-hidden="true" />} onClick={() => undo.mutate()} loading={undo.isPending} disabled={seconds === 0}>Undo</Button>
      </div>
      {undo.isError && (
        <Trouble title={isUnknown(undo.error) ? 'There was no answer' : 'It was not undone'}>
          <Text size="sm">{isUnknown(undo.error) ? 'It may be undone all the same. Press Undo once more while there is time.' : asProblem(undo.error).message}</Text>
        </Trouble>
      )}
    </>
  );
}
