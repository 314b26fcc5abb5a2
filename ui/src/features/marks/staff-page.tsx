import { Badge, Button, Group, NativeSelect, Text, Title } from '@mantine/core';
import { IconPlus, IconReportAnalytics } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { useAddressFilter } from '../../kit/address-filter.ts';
import { ExportMenu } from '../../kit/export-menu.tsx';
import type { ViewProps } from '../../kit/feature.ts';
import { countSet } from '../../kit/filters.tsx';
import { plural } from '../../kit/format.ts';
import { PageHead } from '../../kit/page.tsx';
import { Pager } from '../../kit/pager.tsx';
import { part } from '../../kit/part.ts';
import { Empty, Failed, Waiting } from '../../kit/states.tsx';
import type { MarkSheet } from '../../kit/wire.ts';
import { Freshness } from '../../realtime/freshness.tsx';
import { useLivePolling } from '../../realtime/live.tsx';
import { coursesQuery } from '../courses/courses.ts';
import { Grid } from './grid.tsx';
import { sheetList } from './queries.ts';
import classes from './sheets.module.css';
import { unsentOf } from './unsent.ts';
import { examOf, stateWords } from './words.ts';

const NewSheetDialog = part(() => import('./new-sheet-dialog.tsx'));

export default function StaffPage({ user }: ViewProps) {
  const [params] = useSearchParams();
  const sheet = params.get('sheet');
  return sheet === null ? <Sheets username={user.username} /> : <Grid key={sheet} id={sheet} username={user.username} />;
}

const names = ['course', 'semester', 'state', 'page'] as const;

function Sheets({ username }: { username: string }) {
  const navigate = useNavigate();
  const [{ page, ...filter }, setFilter] = useAddressFilter(names);
  const [isMaking, setMaking] = useState(false);
  const list = useQuery({ ...sheetList(filter, Number(page) || 1), refetchInterval: useLivePolling() });
  const courses = useQuery(coursesQuery);
  const sheets = list.data?.sheets ?? [];
  const make = <Button leftSection={<IconPlus size={20} aria-hidden="true" />} onClick={() => setMaking(true)}>New sheet</Button>;
  const isFiltered = countSet(filter) > 0;
  const change = (to: Partial<typeof filter>) => setFilter({ page: '', ...to });
  return (
    <>
      <PageHead title="Marks" line={<Freshness of={list} />} action={<Group gap="xs" wrap="nowrap"><ExportMenu path="/admin/marks/export" query={filter} name="marks" formats={['csv', 'xlsx', 'pdf']} disabled={sheets.length === 0} />{make}</Group>} />
      <div className={classes.filters}>
        <NativeSelect aria-label="Course" value={filter.course} data={[{ value: '', label: 'All courses' }, ...(courses.data ?? []).filter(({ teaches }) => teaches).map(({ _id, courseCode }) => ({ value: _id, label: courseCode }))]} onChange={(event) => change({ course: event.currentTarget.value })} />
        <NativeSelect aria-label="Semester" value={filter.semester} data={[{ value: '', label: 'All semesters' }, ...[1, 2, 3, 4, 5, 6, 7, 8].map((semester) => ({ value: String(semester), label: `Semester ${semester}` }))]} onChange={(event) => change({ semester: event.currentTarget.value })} />
        <NativeSelect aria-label="State" value={filter.state} data={[{ value: '', label: 'All states' }, ...Object.entries(stateWords).map(([value, label]) => ({ value, label }))]} onChange={(event) => change({ state: event.currentTarget.value })} />
      </div>
      {list.isPending && (list.fetchStatus === 'paused' ? <Waiting /> : <div role="status" aria-label="Loading" className={classes.loading} />)}
      {list.isError && list.data === undefined && <Failed error={list.error} retry={() => void list.refetch()} retrying={list.isFetching} />}
      {list.data !== undefined && sheets.length === 0 && (
        <Empty icon={<IconReportAnalytics size={32} stroke={1.5} />} title={isFiltered ? 'Nothing found' : 'No sheets yet'} action={isFiltered ? undefined : make}>
          {isFiltered ? 'No sheet of marks matches. Choose something else above.' : 'Make a sheet for an exam and enter the marks of the class. Nobody else sees them until you publish.'}
        </Empty>
      )}
      <ul className={classes.list} aria-busy={list.isPlaceholderData}>
        {sheets.map((sheet) => <li key={sheet._id}><SheetCard sheet={sheet} username={username} /></li>)}
      </ul>
      {list.data !== undefined && sheets.length > 0 && <Pager of={list.data.pagination} onPage={(next) => setFilter({ page: next === 1 ? '' : String(next) })} />}
      <Suspense fallback={null}>
        {isMaking && <NewSheetDialog courses={(courses.data ?? []).filter(({ teaches }) => teaches)} onClose={() => setMaking(false)} onMade={(id) => void navigate(`/marks?sheet=${encodeURIComponent(id)}`)} />}
      </Suspense>
    </>
  );
}

function SheetCard({ sheet, username }: { sheet: MarkSheet; username: string }) {
  const unsent = unsentOf(username, sheet._id).cells.length;
  const heading = `sheet-${sheet._id}`;
  return (
    <article className={classes.card} aria-labelledby={heading}>
      <div className={classes.words}>
        <Title order={2} size="h5" id={heading}><Link to={`/marks?sheet=${encodeURIComponent(sheet._id)}`} className={classes.link}>{sheet.subject}</Link></Title>
        <Text size="sm" c="dimmed">{`${sheet.course?.courseCode ?? ''}, semester ${sheet.semester} · ${examOf(sheet)}`}</Text>
        {unsent > 0 && <Text size="sm" fw={600} c="var(--caution)">{`${plural(unsent, 'mark')} not sent yet. Open the sheet to send ${unsent === 1 ? 'it' : 'them'}.`}</Text>}
      </div>
      <div className={classes.state}>
        <Badge variant="light" radius="sm" className={classes.badge} data-state={sheet.state}>{stateWords[sheet.state] ?? sheet.state}</Badge>
        <Text size="sm" c="dimmed">{sheet.published === 0 ? `${plural(sheet.entered, 'mark')} entered` : `${sheet.published} of ${sheet.entered} published`}</Text>
      </div>
    </article>
  );
}
