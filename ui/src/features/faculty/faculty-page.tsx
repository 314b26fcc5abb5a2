import { Button, NativeSelect, Text, VisuallyHidden } from '@mantine/core';
import { IconChalkboardTeacher, IconPlus, IconSearchOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { ShownPassword, type NewPassword } from '../../kit/account-acts.tsx';
import { Address } from '../../kit/address.tsx';
import { useAddressFilter } from '../../kit/address-filter.ts';
import { Credentials } from '../../kit/credentials.tsx';
import { countSet, Filters } from '../../kit/filters.tsx';
import { ListStates, ShowAll } from '../../kit/list-states.tsx';
import { PageHead } from '../../kit/page.tsx';
import { Pager } from '../../kit/pager.tsx';
import { part } from '../../kit/part.ts';
import { Cell, Records } from '../../kit/records.tsx';
import { SearchField } from '../../kit/search-field.tsx';
import { Empty } from '../../kit/states.tsx';
import type { FacultyMember } from '../../kit/wire.ts';
import { Freshness } from '../../realtime/freshness.tsx';
import { useLivePolling } from '../../realtime/live.tsx';
import { coursesQuery } from '../courses/courses.ts';
import type { Added } from './faculty-form.tsx';
import { FacultyMenu } from './faculty-menu.tsx';
import classes from './faculty.module.css';
import { facultyList, offeredQuery } from './queries.ts';

const FacultyForm = part(() => import('./faculty-form.tsx'));

const names = ['search', 'department', 'isActive', 'page'] as const;
const everybody = { search: '', department: '', isActive: '', page: '' };
const limit = 50;

export default function FacultyPage() {
  const [{ page: wanted, ...filter }, setFilter] = useAddressFilter(names);
  const list = useQuery({ ...facultyList(filter), refetchInterval: useLivePolling() });
  const offered = useQuery(offeredQuery).data;
  const courses = useQuery(coursesQuery).data;
  const [editing, setEditing] = useState<FacultyMember | 'new' | null>(null);
  const [added, setAdded] = useState<Added | null>(null);
  const [given, setGiven] = useState<NewPassword | null>(null);
  const change = (to: Partial<typeof everybody>) => setFilter({ page: '', ...to });
  const all = list.data ?? [];
  const pages = Math.max(1, Math.ceil(all.length / limit));
  const page = Math.min(Math.max(1, Number(wanted) || 1), pages);
  const { search, ...choices } = filter;
  const isFiltered = search !== '' || countSet(choices) > 0;
  const add = <Button leftSection={<IconPlus size={20} aria-hidden="true" />} disabled={courses === undefined} onClick={() => setEditing('new')}>Add</Button>;
  return (
    <>
      <PageHead title="Faculty" line={<Freshness of={list} />} action={add} />
      <div className={classes.search}><SearchField label="Search the faculty" placeholder="Name, number, department or email" value={search} onSearch={(words) => change({ search: words })} /></div>
      <Filters set={countSet(choices)}>
        <NativeSelect label="Department" value={filter.department} data={[{ value: '', label: 'All' }, ...new Set([...(offered?.departments ?? []), filter.department].filter(Boolean))]} onChange={(event) => change({ department: event.currentTarget.value })} />
        <NativeSelect label="May sign in" value={filter.isActive} data={[{ value: '', label: 'All' }, { value: 'true', label: 'Yes' }, { value: 'false', label: 'No' }]} onChange={(event) => change({ isActive: event.currentTarget.value })} />
      </Filters>
      <VisuallyHidden component="h2">Faculty members</VisuallyHidden>
      <ListStates
        query={list}
        isEmpty={all.length === 0}
        empty={isFiltered
          ? <Empty icon={<IconSearchOff size={32} stroke={1.5} />} title="Nobody found" action={<ShowAll onClick={() => setFilter(everybody)} />}>Nobody matches. Try another word, or look at everybody.</Empty>
          : <Empty icon={<IconChalkboardTeacher size={32} stroke={1.5} />} title="No faculty yet" action={add}>Add the first one, and say what they teach.</Empty>}
      >
        <Records caption="Faculty members by name" columns={['Name', 'Teaches', 'Reached at', '']} isBusy={list.isPlaceholderData}>
          {all.slice((page - 1) * limit, page * limit).map((member) => <Row key={member._id} member={member} onEdit={() => setEditing(member)} onGiven={setGiven} />)}
        </Records>
        <Pager of={{ page, limit, total: all.length, pages }} onPage={(next) => setFilter({ page: next === 1 ? '' : String(next) })} />
      </ListStates>
      <Suspense fallback={null}>{editing !== null && courses !== undefined && <FacultyForm member={editing === 'new' ? undefined : editing} courses={courses} onAdded={setAdded} onClose={() => setEditing(null)} />}</Suspense>
      {added !== null && <Credentials title="The faculty member was added" name={added.member.fullName} lines={[['User name', added.member.username], ['Email', added.member.email], ['Password', added.password]]} onClose={() => setAdded(null)} />}
      {given !== null && <ShownPassword given={given} onClose={() => setGiven(null)} />}
    </>
  );
}

function Row({ member, onEdit, onGiven }: { member: FacultyMember; onEdit: () => void; onGiven: (given: NewPassword) => void }) {
  return (
    <tr>
      <th scope="row">
        <Text fw={600} component="span" display="block">{member.fullName}</Text>
        <Text size="sm" component="span" display="block" c="dimmed">{[member.designation, member.department, member.facultyId].filter(Boolean).join(' · ')}</Text>
        {!member.isActive && <Text size="sm" component="span" c="var(--caution)" fw={600}>Switched off</Text>}
      </th>
      <Cell label="Teaches">
        {member.teaches.length === 0 ? <Text size="sm" c="dimmed">Nothing yet</Text> : member.teaches.map(({ course, subjects }, index) => (
          <Text key={course?._id ?? index} size="sm"><strong>{course?.courseCode}</strong>{`: ${subjects.length === 0 ? 'all subjects' : subjects.join(', ')}`}</Text>
        ))}
      </Cell>
      <Cell label="Reached at"><Text size="sm"><Address text={member.email} /></Text><Text size="sm" c="dimmed">{member.contactNumber}</Text></Cell>
      <Cell isMenu><FacultyMenu member={member} onEdit={onEdit} onGiven={onGiven} /></Cell>
    </tr>
  );
}
