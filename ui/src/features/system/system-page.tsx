import { Code, Skeleton, Text, Title } from '@mantine/core';
import { IconAlertCircle, IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { now } from '../../kit/clock.ts';
import { bytes, momentOf, plural, timeOf } from '../../kit/format.ts';
import { useTimezone } from '../../kit/institute.ts';
import { PageHead } from '../../kit/page.tsx';
import { asProblem } from '../../kit/problem.ts';
import { Failed, Trouble, Waiting } from '../../kit/states.tsx';
import type { SystemStatus } from '../../kit/wire.ts';
import { Chart } from './chart.tsx';
import { peopleOf, type Sample } from './history.ts';
import { systemQuery } from './queries.ts';
import classes from './system.module.css';
import { age, counted, database, freshness, peopleOfRole, speed } from './words.ts';

export default function SystemPage() {
  const timezone = useTimezone();
  const query = useQuery(systemQuery);
  const { data, isPending, isError, error, fetchStatus } = query;
  const retry = () => void query.refetch();
  const read = data === undefined ? '' : timeOf(Date.parse(data.status.at), timezone);
  const line = data === undefined ? 'How the server is.' : isError ? `As it was at ${read}.` : `As it is at ${read}. These figures are renewed by themselves.`;
  return (
    <>
      <PageHead title="System" line={line} />
      {isPending && (fetchStatus === 'paused' ? <Waiting /> : <Loading />)}
      {isError && (data === undefined
        ? <Failed error={error} retry={retry} retrying={query.isFetching} />
        : <Trouble title="The server does not say how it is at the moment"><Text size="sm">{`${asProblem(error).message} This page keeps trying.`}</Text></Trouble>)}
      {data !== undefined && <Figures status={data.status} history={data.history} />}
    </>
  );
}

function Loading() {
  return (
    <div role="status" aria-label="Loading" className={classes.cards}>
      {Array.from({ length: 6 }, (_, index) => <Skeleton key={index} height={index === 0 ? 72 : 190} radius="lg" className={index === 0 ? classes.wide : undefined} />)}
    </div>
  );
}

function Figures({ status, history }: { status: SystemStatus; history: Sample[] }) {
  return (
    <div className={classes.cards}>
      <Verdict advice={status.advice} />
      <Connected status={status} history={history} />
      <Freshness status={status} history={history} />
      <Room storage={status.storage} />
      <Backup backup={status.backup} />
      <Server status={status} />
      <Endings counts={status.sinceStart} />
    </div>
  );
}

function Card({ title, name, children }: { title: string; name: string; children: ReactNode }) {
  const heading = `system-${name}`;
  return (
    <section className={classes.card} aria-labelledby={heading}>
      <Title order={2} size="h5" id={heading}>{title}</Title>
      {children}
    </section>
  );
}

/** What is to be done, or that all is well. */
function Verdict({ advice }: { advice: SystemStatus['advice'] }) {
  return (
    <section className={`${classes.card} ${classes.wide}`} aria-labelledby="system-verdict">
      <Title order={2} size="h5" id="system-verdict" className={advice.length === 0 ? classes.good : undefined}>
        {advice.length === 0 && <IconCircleCheck size={24} aria-hidden="true" />}
        {advice.length === 0 ? 'All is well' : plural(advice.length, 'thing to look after', 'things to look after')}
      </Title>
      <ul className={classes.advice} aria-live="polite">
        {advice.map(({ severity, what, do: act }) => (
          <li key={what} data-severity={severity}>
            {severity === 'problem' ? <IconAlertCircle size={22} aria-hidden="true" /> : <IconAlertTriangle size={22} aria-hidden="true" />}
            <div>
              <Text fw={600}>{what}</Text>
              <Text size="sm">{act.split('`').map((part, index) => (index % 2 === 1 ? <Code key={index}>{part}</Code> : part))}</Text>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Connected({ status, history }: { status: SystemStatus; history: Sample[] }) {
  const { connected: { connections, roles }, database: { servers } } = status;
  const people = peopleOf(status);
  return (
    <Card title="Connected now" name="connected">
      <Text className={classes.figure}>{people === null ? 'Not known' : people.toLocaleString('en-GB')}{people !== null && <span className={classes.unit}>{people === 1 ? ' person' : ' people'}</span>}</Text>
      <Chart history={history} value={(sample) => sample.people} caption={(most) => `The last minutes, at most ${plural(most, 'person', 'people')}`} />
      <dl className={classes.lines}>
        {(roles ?? []).map(({ role, people: count, pages }) => <Line key={role} name={peopleOfRole(role, count)} value={plural(pages, 'open page')} />)}
        <Line name="Connections" value={connections.toLocaleString('en-GB')} />
      </dl>
      {servers !== null && servers > 1 && <Text size="sm" c="dimmed">{`Only those of the server that answers this page; the database is used by ${servers}.`}</Text>}
    </Card>
  );
}

function Freshness({ status: { behind, sinceStart }, history }: { status: SystemStatus; history: Sample[] }) {
  return (
    <Card title="Live pages" name="live">
      <Text className={classes.sentence}>{freshness(behind)}</Text>
      <Chart history={history} value={(sample) => sample.behind} caption={(most) => (most === 0 ? 'The last minutes, never behind' : `The last minutes, at most ${plural(most, 'event')} behind`)} />
      <dl className={classes.lines}>
        <Line name="Delivered to pages" value={sinceStart.deliveries.toLocaleString('en-GB')} />
        <Line name="Pages that came back and were told" value={sinceStart.replays.toLocaleString('en-GB')} />
        <Line name="What they were told" value={plural(sinceStart.replayed, 'event')} />
      </dl>
      <Text size="sm" c="dimmed">Since the server was started.</Text>
    </Card>
  );
}

const size = (amount: number | null): string => (amount === null ? 'Not known' : bytes(amount));

function Room({ storage: { free, total, database: inDatabase, uploads, files, uploadsIn } }: { storage: SystemStatus['storage'] }) {
  const known = free !== null && total !== null && total > 0;
  return (
    <Card title="Room" name="room">
      <Text className={classes.figure}>{size(free)}<span className={classes.unit}>{free === null ? '' : ' free'}</span></Text>
      {known && (
        <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true" className={classes.bar}>
          <rect width="100" height="1" className={classes.empty} />
          <rect width={100 - (100 * free) / total} height="1" className={classes.full} />
        </svg>
      )}
      {known && <Text size="sm" c="dimmed">{`Of ${bytes(total)} on the server’s disk`}</Text>}
      <dl className={classes.lines}>
        <Line name="Database" value={size(inDatabase)} />
        <Line name={uploadsIn === 's3' ? 'Uploads, in a storage of their own' : 'Uploads'} value={files === null ? size(uploads) : `${size(uploads)} in ${plural(files, 'file')}`} />
      </dl>
    </Card>
  );
}

function Backup({ backup: { state, at } }: { backup: SystemStatus['backup'] }) {
  const timezone = useTimezone();
  const words = { recent: 'There is a recent one', old: 'The last one is old', never: 'There was never one', unknown: 'Not known' }[state];
  return (
    <Card title="Last backup" name="backup">
      <Text className={classes.sentence}>{words}</Text>
      <Text size="sm" c="dimmed">
        {at === null
          ? (state === 'never' ? 'Without one, whatever this machine loses is lost.' : 'Other tools make it, and nobody has told this server.')
          : `Made ${momentOf(at, timezone, now())}.`}
      </Text>
    </Card>
  );
}

function Server({ status: { version, upSince, at, database: store, redis } }: { status: SystemStatus }) {
  return (
    <Card title="Server" name="server">
      <dl className={classes.lines}>
        <Line name="Running for" value={age(Date.parse(upSince), Date.parse(at))} />
        <Line name="Version" value={version} />
        <Line name="Database" value={database(store)} />
        <Line name="It answers" value={speed(store.millis)} />
        {redis !== 'off' && <Line name="Redis" value={redis === 'up' ? 'answers' : 'is away; nothing is lost'} />}
      </dl>
    </Card>
  );
}

/** Why connections ended and were refused: mostly devices that went to sleep. */
function Endings({ counts: { connects, connectsRefused, closed, refused } }: { counts: SystemStatus['sinceStart'] }) {
  const parts = [{ title: 'Connections that ended', rows: counted(closed) }, { title: 'Requests that were refused', rows: counted(refused) }];
  return (
    <Card title="Since it was started" name="endings">
      <dl className={classes.lines}>
        <Line name="Pages that signed in" value={connects.toLocaleString('en-GB')} />
        <Line name="Sign-ins that were refused" value={connectsRefused.toLocaleString('en-GB')} />
      </dl>
      {parts.filter(({ rows }) => rows.length > 0).map(({ title, rows }) => (
        <details key={title} className={classes.more}>
          <summary>{`${title}: ${rows.reduce((sum, { count }) => sum + count, 0).toLocaleString('en-GB')}`}</summary>
          <dl className={classes.lines}>{rows.map(({ words, count }) => <Line key={words} name={words} value={count.toLocaleString('en-GB')} />)}</dl>
        </details>
      ))}
    </Card>
  );
}

function Line({ name, value }: { name: string; value: string }) {
  return <div><dt>{name}</dt><dd>{value}</dd></div>;
}
