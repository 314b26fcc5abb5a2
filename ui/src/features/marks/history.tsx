import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { now } from '../../kit/clock.ts';
import { momentOf } from '../../kit/format.ts';
import { useTimezone } from '../../kit/institute.ts';
import { asProblem } from '../../kit/problem.ts';
import type { MarkChange } from '../../kit/wire.ts';
import { partName, parts, shown } from './cells.ts';
import { historyOf } from './queries.ts';
import classes from './student.module.css';

const happened: Record<string, string> = { published: 'Published', changed: 'Changed', recalled: 'Taken back', deleted: 'Deleted', entered: 'Entered' };

type Snapshot = NonNullable<MarkChange['to']>;

/** What became of what, part by part. */
function became(from: Snapshot, to: Snapshot): string {
  const changes = parts.filter((part) => from[part] !== to[part]).map((part) => `${partName[part].toLowerCase()} ${shown(from[part]) || 'nothing'} became ${shown(to[part]) || 'nothing'}`);
  if (from.remarks !== to.remarks) changes.push('the remark was changed');
  return changes.join(', ');
}

const entered = (to: Snapshot): string => parts.filter((part) => to[part] != null).map((part) => `${partName[part].toLowerCase()} ${shown(to[part])}`).join(', ');

/** What was done to a mark, oldest first: of its student since it was first published, of staff all of it. */
export function History({ of, id }: { of: 'student' | 'staff'; id: string }) {
  const timezone = useTimezone();
  const history = useQuery(historyOf(of, id));
  if (history.isPending) return <Text size="sm" c="dimmed" role="status">Loading…</Text>;
  if (history.isError) return <Text size="sm" role="alert">{asProblem(history.error).message}</Text>;
  return (
    <ol className={classes.changes}>
      {history.data.history.map((change, index) => (
        <li key={index}>
          <Text size="sm">
            <strong>{happened[change.action] ?? change.action}</strong>
            {` ${momentOf(change.at, timezone, now())} by ${change.by}`}
            {change.action === 'changed' && change.from != null && change.to != null && `: ${became(change.from, change.to)}`}
            {change.action === 'entered' && change.to != null && `: ${entered(change.to)}`}
          </Text>
          {change.reason != null && <Text size="sm" c="dimmed">{`Why: ${change.reason}`}</Text>}
        </li>
      ))}
    </ol>
  );
}
