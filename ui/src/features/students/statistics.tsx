import { Skeleton, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { useLivePolling } from '../../realtime/live.tsx';
import { studentStatistics } from './students.ts';
import classes from './students.module.css';

/** How many there are, in a line of figures. */
export function Statistics({ polling }: { polling: ReturnType<typeof useLivePolling> }) {
  const { data } = useQuery({ ...studentStatistics, refetchInterval: polling });
  const figures: [string, number | undefined][] = [
    ['Students', data?.overall.total],
    ['Active', data?.overall.active],
    ...(data?.courses ?? []).slice(0, 3).map(({ courseName, count }): [string, number] => [courseName, count]),
  ];
  return (
    <dl className={classes.figures}>
      {figures.map(([label, value]) => (
        <div key={label}>
          <dd>{value === undefined ? <Skeleton height={22} width={46} my={5} /> : value.toLocaleString('en-GB')}</dd>
          <Text component="dt" size="sm" c="dimmed">{label}</Text>
        </div>
      ))}
    </dl>
  );
}
