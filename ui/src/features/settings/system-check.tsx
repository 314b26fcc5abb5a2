import { Button, Skeleton, Text, Title } from '@mantine/core';
import { IconAlertCircle, IconCircleCheck, IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { timeOf } from '../../kit/format.ts';
import { useTimezone } from '../../kit/institute.ts';
import { asProblem } from '../../kit/problem.ts';
import { Trouble } from '../../kit/states.tsx';
import { checkQuery } from './queries.ts';
import classes from './settings.module.css';

/** Whether what the server needs works, tried when the page is opened. */
export function SystemCheck() {
  const timezone = useTimezone();
  const query = useQuery(checkQuery);
  const { data } = query;
  const lines = data === undefined ? [] : [
    { name: 'Database', works: data.checks.database },
    { name: 'Files', works: data.checks.filesystem },
  ];
  return (
    <section className={classes.card} aria-labelledby="settings-check">
      <Title order={2} size="h4" id="settings-check">Is the server well?</Title>
      {query.isPending && <Skeleton height={60} aria-label="Loading" role="status" />}
      {query.isError && <Trouble title="It could not be tried"><Text size="sm">{asProblem(query.error).message}</Text></Trouble>}
      {data !== undefined && (
        <>
          <ul className={classes.checks} aria-live="polite">
            {lines.map(({ name, works }) => (
              <li key={name} className={works ? classes.good : classes.bad}>
                {works ? <IconCircleCheck size={22} aria-hidden="true" /> : <IconAlertCircle size={22} aria-hidden="true" />}
                <Text component="span">{`${name}: ${works ? 'works' : (data.issues.find((issue) => issue.name === name)?.message ?? 'does not work')}`}</Text>
              </li>
            ))}
          </ul>
          <Text size="sm" c="dimmed">{`Tried at ${timeOf(Date.parse(data.systemInfo.timestamp), timezone)}. Lamplight ${data.systemInfo.version}.`}</Text>
        </>
      )}
      <div><Button variant="default" leftSection={<IconRefresh size={18} aria-hidden="true" />} loading={query.isFetching} onClick={() => void query.refetch()}>Try again</Button></div>
    </section>
  );
}
