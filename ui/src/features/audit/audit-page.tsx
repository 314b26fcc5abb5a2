import { NativeSelect, Text, TextInput, VisuallyHidden } from '@mantine/core';
import { IconHistoryOff, IconSearchOff } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useAddressFilter } from '../../kit/address-filter.ts';
import { now } from '../../kit/clock.ts';
import { ExportMenu } from '../../kit/export-menu.tsx';
import { countSet, Filters } from '../../kit/filters.tsx';
import { momentOf, sentence } from '../../kit/format.ts';
import { useTimezone } from '../../kit/institute.ts';
import { ListEnd, ListStates, ShowAll } from '../../kit/list-states.tsx';
import { PageHead } from '../../kit/page.tsx';
import { SearchField } from '../../kit/search-field.tsx';
import { Cell, Records } from '../../kit/records.tsx';
import { Empty } from '../../kit/states.tsx';
import type { AuditEntry } from '../../kit/wire.ts';
import classes from './audit.module.css';
import { auditList } from './queries.ts';
import { inWords, valueInWords } from './words.ts';

const names = ['search', 'kind', 'from', 'to'] as const;
const everything = { search: '', kind: '', from: '', to: '' };
const kinds: AuditEntry['kind'][] = ['students', 'users', 'faculty', 'courses', 'marks', 'attendance', 'downloads', 'notifications', 'regulations', 'settings', 'signing_key'];

export default function AuditPage() {
  const [filter, setFilter] = useAddressFilter(names);
  const list = useInfiniteQuery({ ...auditList(filter), refetchOnMount: 'always' });
  const entries = (list.data?.pages ?? []).flatMap((page) => page.entries);
  const { search, ...choices } = filter;
  const isFiltered = search !== '' || countSet(choices) > 0;
  return (
    <>
      <PageHead title="Audit" line="Who did what, when and from where. Nobody can change it." action={<ExportMenu path="/admin/audit/export" query={filter} name="audit" formats={['csv', 'xlsx']} disabled={entries.length === 0} />} />
      <div className={classes.search}><SearchField label="Search the audit" placeholder="Person, record or value" value={search} onSearch={(words) => setFilter({ search: words })} /></div>
      <Filters set={countSet(choices)}>
        <NativeSelect label="What" value={filter.kind} data={[{ value: '', label: 'Everything' }, ...kinds.map((kind) => ({ value: kind, label: sentence(inWords(kind)) }))]} onChange={(event) => setFilter({ kind: event.currentTarget.value })} />
        <TextInput type="date" label="From" value={filter.from} onChange={(event) => setFilter({ from: event.currentTarget.value })} />
        <TextInput type="date" label="To" value={filter.to} onChange={(event) => setFilter({ to: event.currentTarget.value })} />
      </Filters>
      <VisuallyHidden component="h2">What was done</VisuallyHidden>
      <ListStates
        query={list}
        isEmpty={entries.length === 0}
        empty={isFiltered
          ? <Empty icon={<IconSearchOff size={32} stroke={1.5} />} title="Nothing found" action={<ShowAll onClick={() => setFilter(everything)} />}>Nothing matches. Try another word or other days.</Empty>
          : <Empty icon={<IconHistoryOff size={32} stroke={1.5} />} title="Nothing was done yet">Whatever somebody adds, changes or deletes stands here.</Empty>}
      >
        <Records caption="What was done, the newest first" columns={['When', 'Who', 'What', 'Changes']} isBusy={list.isPlaceholderData}>
          {entries.map((entry) => <Row key={entry._id} entry={entry} />)}
        </Records>
        <ListEnd query={list} />
      </ListStates>
    </>
  );
}

function Row({ entry }: { entry: AuditEntry }) {
  const timezone = useTimezone();
  return (
    <tr>
      <th scope="row">{momentOf(entry.at, timezone, now())}</th>
      <Cell label="Who">{entry.by.fullName}<Text size="sm" c="dimmed">{[entry.by.role, entry.address].filter(Boolean).join(' · ')}</Text></Cell>
      <Cell label="What">{`${sentence(inWords(entry.kind))}: ${inWords(entry.action)}`}<Text size="sm" c="dimmed" className={classes.written}>{entry.label}</Text></Cell>
      <Cell label={entry.changes.length === 0 ? undefined : 'Changes'}>
        {entry.changes.map((change) => (
          <Text key={change.field} size="sm" className={classes.written}><strong>{inWords(change.field)}</strong>{`: ${valueInWords(change.old)} became ${valueInWords(change.new)}`}</Text>
        ))}
      </Cell>
    </tr>
  );
}
