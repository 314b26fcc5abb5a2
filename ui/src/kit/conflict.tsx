import { Alert, Radio, Stack, Text } from '@mantine/core';
import { IconUsers } from '@tabler/icons-react';
import classes from './conflict.module.css';

export interface BothChanged<F extends string> {
  field: F;
  label: string;
  mine: string;
  theirs: string;
}

interface ConflictProps<F extends string> {
  /** What only the other changed; it is in the form already. */
  taken: string[];
  both: BothChanged<F>[];
  /** The fields for which theirs was chosen. */
  theirs: ReadonlySet<F>;
  onChoose: (field: F, isTheirs: boolean) => void;
}

/** Both sides of a record that two have changed, field by field. */
export function Conflict<F extends string>({ taken, both, theirs, onChoose }: ConflictProps<F>) {
  return (
    <Alert role="alert" variant="default" icon={<IconUsers aria-hidden="true" />} title="Somebody else changed this just now">
      <Stack gap="sm">
        <Text size="sm">{taken.length === 0 ? 'What you wrote is still here and not saved yet.' : `What you wrote is still here. Taken over from them: ${taken.join(', ')}.`}</Text>
        {both.map(({ field, label, mine, theirs: other }) => (
          <Radio.Group key={field} label={label} value={theirs.has(field) ? 'theirs' : 'mine'} onChange={(side) => onChoose(field, side === 'theirs')}>
            <div className={classes.sides}>
              <Radio value="mine" label={`Yours: ${mine === '' ? 'nothing' : mine}`} />
              <Radio value="theirs" label={`Theirs: ${other === '' ? 'nothing' : other}`} />
            </div>
          </Radio.Group>
        ))}
        <Text size="sm">Look at it and save again.</Text>
      </Stack>
    </Alert>
  );
}
