import { Button, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { now } from '../../kit/clock.ts';
import { calendarDay, dayOf } from '../../kit/format.ts';
import { useTimezone } from '../../kit/institute.ts';
import { ListStates } from '../../kit/list-states.tsx';
import { PageHead } from '../../kit/page.tsx';
import { part } from '../../kit/part.ts';
import { Cell, Records } from '../../kit/records.tsx';
import type { Regulation, RegulationSetting } from '../../kit/wire.ts';
import { Freshness } from '../../realtime/freshness.tsx';
import { useLivePolling } from '../../realtime/live.tsx';
import { regulationsQuery } from './queries.ts';
import classes from './regulations.module.css';
import { inWords } from './words.ts';

const SetDialog = part(() => import('./set-dialog.tsx'));

export default function RegulationsPage() {
  const list = useQuery({ ...regulationsQuery, refetchInterval: useLivePolling() });
  const [setting, setSetting] = useState<Regulation | null>(null);
  const regulations = list.data?.regulations ?? [];
  return (
    <>
      <PageHead title="Regulations" line={<Freshness of={list} />} />
      <ListStates query={list} isEmpty={regulations.length === 0} empty={null}>
        <ul className={classes.list}>{regulations.map((regulation) => <li key={regulation.key}><Card regulation={regulation} onSet={() => setSetting(regulation)} /></li>)}</ul>
        <Title order={2} size="h4" mt="xl" mb="sm">What was set</Title>
        <History settings={list.data?.history ?? []} />
      </ListStates>
      <Suspense fallback={null}>{setting !== null && <SetDialog regulation={setting} onClose={() => setSetting(null)} />}</Suspense>
    </>
  );
}

function Card({ regulation, onSet }: { regulation: Regulation; onSet: () => void }) {
  const heading = `regulation-${regulation.key}`;
  return (
    <article className={classes.card} aria-labelledby={heading}>
      <div className={classes.head}>
        <Title order={2} size="h5" id={heading}>{regulation.title}</Title>
        <Button size="sm" variant="light" className={classes.set} onClick={onSet} aria-label={`Set: ${regulation.title}`}>Set</Button>
      </div>
      <dl className={classes.values}>
        {regulation.today.map((holding) => (
          <div key={holding.course ?? ''} data-own={holding.isOwn || undefined}>
            <dt>{holding.courseCode ?? 'All others'}</dt>
            <dd>
              <span className={classes.value}>{inWords(holding.value)}</span>
              <span className={classes.since}>{holding.since == null ? 'default' : `since ${calendarDay(holding.since)}`}</span>
            </dd>
          </div>
        ))}
      </dl>
      <Text size="sm" c="dimmed">{regulation.source}</Text>
    </article>
  );
}

function History({ settings }: { settings: RegulationSetting[] }) {
  const timezone = useTimezone();
  if (settings.length === 0) return <Text c="dimmed">Nothing was set yet: everything is as the councils say.</Text>;
  return (
    <Records caption="What was set, the last first" columns={['What', 'For', 'Value', 'From', 'Set']}>
      {settings.map((setting, index) => (
        <tr key={index}>
          <th scope="row">{setting.title}</th>
          <Cell label="For">{setting.courseCode ?? 'All others'}</Cell>
          <Cell label="Value" isNumber>{inWords(setting.value)}</Cell>
          <Cell label="From">{calendarDay(setting.validFrom)}</Cell>
          <Cell label="Set">{[dayOf(setting.setAt, timezone, now()), setting.setBy].filter(Boolean).join(', ')}</Cell>
        </tr>
      ))}
    </Records>
  );
}
