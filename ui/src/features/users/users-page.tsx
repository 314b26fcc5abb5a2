import { Button, NativeSelect, Text, VisuallyHidden } from '@mantine/core';
import { IconPlus, IconSearchOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { ShownPassword, type NewPassword } from '../../kit/account-acts.tsx';
import { Address } from '../../kit/address.tsx';
import { useAddressFilter } from '../../kit/address-filter.ts';
import { now } from '../../kit/clock.ts';
import { Credentials } from '../../kit/credentials.tsx';
import { countSet, Filters } from '../../kit/filters.tsx';
import { dayOf } from '../../kit/format.ts';
import { useTimezone } from '../../kit/institute.ts';
import { ListStates, ShowAll } from '../../kit/list-states.tsx';
import { PageHead } from '../../kit/page.tsx';
import { part } from '../../kit/part.ts';
import { Cell, Records } from '../../kit/records.tsx';
import { SearchField } from '../../kit/search-field.tsx';
import { Empty } from '../../kit/states.tsx';
import type { ManagedUser, UserAdded } from '../../kit/wire.ts';
import { Freshness } from '../../realtime/freshness.tsx';
import { useLivePolling } from '../../realtime/live.tsx';
import { roles } from './draft.ts';
import { usersPage } from './queries.ts';
import { UserMenu } from './user-menu.tsx';
import classes from './users.module.css';

const UserForm = part(() => import('./user-form.tsx'));

const names = ['search', 'role', 'status', 'page'] as const;

export default function UsersPage() {
  const timezone = useTimezone();
  const [{ page, ...filter }, setFilter] = useAddressFilter(names);
  const list = useQuery({ ...usersPage(filter, Number(page) || 1), refetchInterval: useLivePolling() });
  const [editing, setEditing] = useState<ManagedUser | 'new' | null>(null);
  const [added, setAdded] = useState<UserAdded | null>(null);
  const [given, setGiven] = useState<NewPassword | null>(null);
  const change = (to: Partial<Record<(typeof names)[number], string>>) => setFilter({ page: '', ...to });
  const users = list.data?.data ?? [];
  const { search, ...choices } = filter;
  return (
    <>
      <PageHead title="Users" line={<Freshness of={list} />} action={<Button leftSection={<IconPlus size={20} aria-hidden="true" />} onClick={() => setEditing('new')}>Add</Button>} />
      <div className={classes.search}><SearchField label="Search the users" placeholder="Name, user name or email" value={search} onSearch={(words) => change({ search: words })} /></div>
      <Filters set={countSet(choices)}>
        <NativeSelect label="Role" value={filter.role} data={[{ value: '', label: 'All' }, ...Object.entries(roles).map(([value, label]) => ({ value, label }))]} onChange={(event) => change({ role: event.currentTarget.value })} />
        <NativeSelect label="May sign in" value={filter.status} data={[{ value: '', label: 'All' }, { value: 'active', label: 'Yes' }, { value: 'inactive', label: 'No' }]} onChange={(event) => change({ status: event.currentTarget.value })} />
      </Filters>
      <VisuallyHidden component="h2">Accounts</VisuallyHidden>
      <ListStates
        query={list}
        isEmpty={users.length === 0}
        pages={{ of: list.data?.pagination, onPage: (next) => setFilter({ page: next === 1 ? '' : String(next) }) }}
        empty={<Empty icon={<IconSearchOff size={32} stroke={1.5} />} title="Nobody found" action={<ShowAll onClick={() => setFilter({ search: '', role: '', status: '', page: '' })} />}>No account matches. Try another word, or look at everybody.</Empty>}
      >
        <Records caption="Accounts, the newest first" columns={['Name', 'Role', 'Signs in as', 'Last signed in', '']} isBusy={list.isPlaceholderData}>
          {users.map((user) => (
            <tr key={user._id}>
              <th scope="row">
                <Text fw={600} component="span" display="block">{user.profile.fullName}</Text>
                {!user.isActive && <Text size="sm" component="span" c="var(--caution)" fw={600}>Switched off</Text>}
              </th>
              <Cell label="Role">{roles[user.role]}<Text size="sm" c="dimmed">{user.profile.designation}</Text></Cell>
              <Cell label="Signs in as">{user.username}<Text size="sm" c="dimmed"><Address text={user.email} /></Text></Cell>
              <Cell label="Last signed in">{user.lastLogin === undefined ? 'never' : dayOf(user.lastLogin, timezone, now())}</Cell>
              <Cell isMenu><UserMenu user={user} onEdit={() => setEditing(user)} onGiven={setGiven} /></Cell>
            </tr>
          ))}
        </Records>
      </ListStates>
      <Suspense fallback={null}>{editing !== null && <UserForm user={editing === 'new' ? undefined : editing} onAdded={setAdded} onClose={() => setEditing(null)} />}</Suspense>
      {added?.credentials != null && <Credentials title="The account was made" name={added.user.profile.fullName} lines={[['User name', added.credentials.username], ['Email', added.user.email], ['Password', added.credentials.password]]} onClose={() => setAdded(null)} />}
      {given !== null && <ShownPassword given={given} onClose={() => setGiven(null)} />}
    </>
  );
}
