import { Button, Group, Text } from '@mantine/core';
import { plural } from '../../kit/format.ts';
import { isPassing } from '../../kit/problem.ts';
import { Trouble } from '../../kit/states.tsx';
import type { MarkGrid, MarkPart } from '../../kit/wire.ts';
import { partName, shown } from './cells.ts';
import classes from './grid.module.css';
import type { Edits } from './use-grid-edits.ts';

/** What could not be saved, each with what can be done about it. */
export function Problems({ edits, grid }: { edits: Edits; grid: MarkGrid }) {
  const found = [...edits.states].filter(([, state]) => state.kind === 'conflict' || state.kind === 'refused');
  if (found.length === 0 && edits.problem === null) return null;
  const nameOf = (key: string) => {
    const [student, part] = key.split(' ') as [string, MarkPart];
    return `${grid.rows.find((row) => row._id === student)?.fullName ?? ''}, ${partName[part].toLowerCase()}`;
  };
  return (
    <Trouble title={edits.problem === null ? `${plural(found.length, 'cell')} not saved` : isPassing(edits.problem) ? 'Not saved yet' : 'Not saved'}>
      {edits.problem !== null && (
        <>
          <Text size="sm">{isPassing(edits.problem) ? `There is no answer from the institute. ${edits.isKept ? 'What you wrote is kept on this device and sent when there is a signal.' : 'What you wrote is sent when there is a signal. This device cannot keep it: leave this page open until then.'}` : edits.problem.message}</Text>
          <Group gap="xs">
            <Button size="sm" variant="default" onClick={edits.retry}>{isPassing(edits.problem) ? 'Send now' : 'Try again'}</Button>
            {!isPassing(edits.problem) && <Button size="sm" variant="default" onClick={edits.giveUp}>Leave all as it was</Button>}
          </Group>
        </>
      )}
      {found.map(([key, state]) => (
        <div key={key} className={classes.problem}>
          {state.kind === 'conflict' && (
            <>
              <Text size="sm"><strong>{nameOf(key)}</strong>{`: you wrote ${shown(state.yours) || 'nothing'}, somebody else wrote ${shown(state.theirs) || 'nothing'}.`}</Text>
              <Group gap="xs">
                <Button size="sm" variant="default" onClick={() => edits.drop(key)}>{`Keep ${shown(state.theirs) || 'nothing'}`}</Button>
                <Button size="sm" variant="default" onClick={() => edits.insist(key)}>{`Put ${shown(state.yours) || 'nothing'}`}</Button>
              </Group>
            </>
          )}
          {state.kind === 'refused' && (
            <>
              <Text size="sm"><strong>{nameOf(key)}</strong>{`: ${state.error}`}</Text>
              <Group gap="xs">
                <Button size="sm" variant="default" onClick={() => edits.drop(key)}>Leave it as it was</Button>
                {state.code === 'marks.reason_needed' && <Button size="sm" variant="default" onClick={() => edits.insist(key)} disabled={edits.reason.trim() === ''}>Save with the reason</Button>}
              </Group>
            </>
          )}
        </div>
      ))}
    </Trouble>
  );
}
