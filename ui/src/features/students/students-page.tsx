import { Button, Group, NativeSelect, Skeleton, Text } from '@mantine/core';
import { IconPlus, IconSearchOff, IconUpload, IconUsersGroup } from '@tabler/icons-react';
import { useQueries, useQuery } from '@tanstack/react-query';
import { Suspense, useCallback, useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { useMediaQuery } from '@mantine/hooks';
import { useAddressFilter } from '../../kit/address-filter.ts';
import { dayIn, now } from '../../kit/clock.ts';
import { Credentials } from '../../kit/credentials.tsx';
import { ExportMenu } from '../../kit/export-menu.tsx';
import type { ViewProps } from '../../kit/feature.ts';
import { countSet, Filters } from '../../kit/filters.tsx';
import { found } from '../../kit/format.ts';
import { useTimezone } from '../../kit/institute.ts';
import { ListStates, ShowAll } from '../../kit/list-states.tsx';
import { PageHead } from '../../kit/page.tsx';
import { part } from '../../kit/part.ts';
import { SearchField } from '../../kit/search-field.tsx';
import { Empty } from '../../kit/states.tsx';
import { VirtualRows } from '../../kit/virtual-rows.tsx';
import type { StudentAdded, StudentRow } from '../../kit/wire.ts';
import { Freshness } from '../../realtime/freshness.tsx';
import { useLivePolling } from '../../realtime/live.tsx';
import { coursesQuery } from '../courses/courses.ts';
import { statuses } from './draft.ts';
import { Statistics } from './statistics.tsx';
import { pageSize, studentsPage } from './students.ts';
import classes from './students.module.css';

const StudentView = part(() => import('./student-view.tsx'));
const StudentForm = part(() => import('./student-form.tsx'));
const ImportDialog = part(() => import('./import-dialog.tsx'));

const names = ['search', 'course', 'semester', 'status', 'batch', 'archived'] as const;
const everybody = { search: '', course: '', semester: '', status: '', batch: '', archived: '' };

/** Students by name: as many as there are, of which those near the window are asked for and drawn. */
export default function StudentsPage({ user }: ViewProps) {
  const isOffice = user.role === 'admin';
  const timezone = useTimezone();
  // Events about students are told to the office alone.
  const polling = useLivePolling(isOffice);
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const [filter, setFilter] = useAddressFilter(names);
  const [span, setSpan] = useState({ first: 0, end: 1 });
  const onSpan = useCallback((first: number, end: number) => setSpan({ first, end }), []);
  const isDesk = useMediaQuery('(min-width: 62em)', true, { getInitialValueInEffect: false });
  const first = useQuery({ ...studentsPage(filter, 1), refetchInterval: polling });
  const total = first.data?.pagination.total ?? 0;
  const from = Math.floor(span.first / pageSize) + 1;
  const to = Math.max(from, Math.ceil(Math.min(span.end, total) / pageSize));
  const pages = useQueries({ queries: Array.from({ length: to - from + 1 }, (_, index) => ({ ...studentsPage(filter, from + index), refetchInterval: from + index === 1 ? false as const : polling })) });
  const rowAt = (index: number): StudentRow | undefined => {
    const page = Math.floor(index / pageSize) + 1;
    const asked = pages[page - from];
    const data = asked?.isPlaceholderData === true ? undefined : asked?.data;
    return (page === 1 ? first.data : data)?.students[index % pageSize];
  };
  const [isImporting, setImporting] = useState(false);
  const [added, setAdded] = useState<StudentAdded | null>(null);
  const courses = (useQuery(coursesQuery).data ?? []).filter(({ teaches }) => teaches);
  const { search, ...choices } = filter;
  const isFiltered = search !== '' || countSet(choices) > 0;
  const year = Number(dayIn(timezone, now()).slice(0, 4));
  const at = (name: 'student' | 'add', value: string | null) => {
    const next = new URLSearchParams(params);
    if (value === null) next.delete(name);
    else next.set(name, value);
    return `?${next.toString()}`;
  };
  const open = (id: string | null) => at('student', id);
  // In the address, so that the page of the users can lead here.
  const isAdding = isOffice && params.has('add');
  const setAdding = (isOn: boolean) => void navigate(at('add', isOn ? '1' : null), { replace: true });
  const add = <Button leftSection={<IconPlus size={20} aria-hidden="true" />} onClick={() => setAdding(true)}>Add</Button>;
  const looked = params.get('student');

  return (
    <>
      <PageHead
        title="Students"
        line={<Freshness of={first} isTold={isOffice} />}
        action={isOffice && (
          <Group gap="xs">
            <Button variant="default" leftSection={<IconUpload size={18} aria-hidden="true" />} onClick={() => setImporting(true)}>Import</Button>
            <ExportMenu path="/admin/students/export" query={filter} name="students" formats={['csv', 'xlsx']} disabled={total === 0} />
            {add}
          </Group>
        )}
      />
      <Statistics polling={polling} />
      <div className={classes.search}><SearchField label="Search the students" placeholder="Name, student ID, email or number" value={search} onSearch={(words) => setFilter({ search: words })} /></div>
      <Filters set={countSet(choices)}>
        <NativeSelect label="Course" value={filter.course} data={[{ value: '', label: 'All courses' }, ...courses.map(({ _id, courseCode }) => ({ value: _id, label: courseCode }))]} onChange={(event) => setFilter({ course: event.currentTarget.value })} />
        <NativeSelect label="Semester" value={filter.semester} data={[{ value: '', label: 'All' }, ...[1, 2, 3, 4, 5, 6, 7, 8].map(String)]} onChange={(event) => setFilter({ semester: event.currentTarget.value })} />
        <NativeSelect label="Began in" value={filter.batch} data={[{ value: '', label: 'Any year' }, ...Array.from({ length: 8 }, (_, ago) => String(year - ago))]} onChange={(event) => setFilter({ batch: event.currentTarget.value })} />
        <NativeSelect label="Status" value={filter.status} data={[{ value: '', label: 'All' }, ...statuses]} onChange={(event) => setFilter({ status: event.currentTarget.value })} />
        {isOffice && <NativeSelect label="Show" value={filter.archived} data={[{ value: '', label: 'Students' }, { value: 'true', label: 'Archived' }]} onChange={(event) => setFilter({ archived: event.currentTarget.value })} />}
      </Filters>
      <Text fw={600} role="status" mb="xs" mih={24}>{first.data === undefined ? '' : found(first.data.pagination, 'student')}</Text>
      <ListStates
        query={first}
        isEmpty={total === 0}
        empty={isFiltered
          ? <Empty icon={<IconSearchOff size={32} stroke={1.5} />} title="Nobody found" action={<ShowAll onClick={() => setFilter(everybody)} />}>No student matches. Try another word, or look at everybody.</Empty>
          : <Empty icon={<IconUsersGroup size={32} stroke={1.5} />} title="No students yet" action={isOffice ? add : undefined}>Add the first one, or import a table.</Empty>}
      >
        <VirtualRows
          label="Students"
          total={total}
          rowHeight={isDesk ? 56 : 76}
          columns={['Name', 'Student ID', 'Course', 'Semester', 'Status']}
          onSpan={onSpan}
          row={(index) => <Row student={rowAt(index)} to={open} isDesk={isDesk} />}
        />
      </ListStates>
      <Suspense fallback={null}>
        {looked !== null && <StudentView key={looked} id={looked} isOffice={isOffice} onClose={() => void navigate(open(null), { replace: true })} />}
        {isAdding && <StudentForm student={undefined} onAdded={setAdded} onClose={() => setAdding(false)} />}
        {isImporting && <ImportDialog onClose={() => setImporting(false)} />}
      </Suspense>
      {added !== null && (
        <Credentials
          title="The student was added"
          name={added.student.fullName}
          lines={[['Student ID', added.credentials.studentId], ['Email', added.credentials.instituteEmail], ['Password', added.credentials.password]]}
          onClose={() => setAdded(null)}
        />
      )}
    </>
  );
}

function Row({ student, to, isDesk }: { student: StudentRow | undefined; to: (id: string) => string; isDesk: boolean }) {
  if (student === undefined) return <div role="cell"><Skeleton height={18} width="60%" /></div>;
  const course = student.courseEnrolled?.courseCode ?? '';
  const name = <Link to={to(student._id)} className={classes.name}>{student.fullName}</Link>;
  if (!isDesk) {
    return (
      <>
        <div role="cell">{name}</div>
        <div role="cell"><Text size="sm" c="dimmed" component="span">{[student.studentId, `${course} semester ${student.semester}`, student.academicStatus === 'Active' ? '' : student.academicStatus].filter(Boolean).join(' · ')}</Text></div>
      </>
    );
  }
  return (
    <>
      <div role="rowheader">{name}</div>
      <div role="cell">{student.studentId}</div>
      <div role="cell">{course}</div>
      <div role="cell">{student.semester}</div>
      <div role="cell">{student.academicStatus}</div>
    </>
  );
}
