import { Button, NativeSelect, Stack, VisuallyHidden } from '@mantine/core';
import { IconBooks, IconSearchOff, IconUpload } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { useLocation, useNavigate, useSearchParams } from 'react-router';
import { useAddressFilter } from '../../kit/address-filter.ts';
import { dayIn, now } from '../../kit/clock.ts';
import type { ViewProps } from '../../kit/feature.ts';
import { plural } from '../../kit/format.ts';
import { useInstitute, useTimezone } from '../../kit/institute.ts';
import { ListEnd, ListStates, ShowAll } from '../../kit/list-states.tsx';
import classes from '../../kit/list.module.css';
import { PageHead } from '../../kit/page.tsx';
import { part } from '../../kit/part.ts';
import { SearchField } from '../../kit/search-field.tsx';
import { Empty } from '../../kit/states.tsx';
import type { ManagedDownload } from '../../kit/wire.ts';
import { Freshness } from '../../realtime/freshness.tsx';
import { useLivePolling } from '../../realtime/live.tsx';
import { recentYears } from './audience.ts';
import { flatten } from './cache.ts';
import { blankDraft } from './draft.ts';
import { managedDownloads } from './queries.ts';
import { StaffRow } from './staff-row.tsx';
import { useUploading } from './use-uploading.ts';

const UploadDrawer = part(() => import('./upload-drawer.tsx'));
const EditDrawer = part(() => import('./edit-drawer.tsx'));
const DeleteDialog = part(() => import('./delete-dialog.tsx'));

const filters = ['search', 'category', 'semester', 'academicYear'] as const;
const nothing = { search: '', category: '', semester: '', academicYear: '' };

/** The drawers are part of the address: the phone's back button closes them. */
function useDrawer() {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const location = useLocation();
  const cameByButton = (location.state as { drawer?: boolean } | null)?.drawer === true;
  const show = (name: 'upload' | 'edit', value: string) => {
    const next = new URLSearchParams(params);
    next.set(name, value);
    void navigate({ search: next.toString() }, { state: { drawer: true } });
  };
  const close = () => {
    if (cameByButton) return void navigate(-1);
    const next = new URLSearchParams(params);
    next.delete('upload');
    next.delete('edit');
    void navigate({ search: next.toString() }, { replace: true });
  };
  return { isUploading: params.has('upload'), editing: params.get('edit'), show, close };
}

export default function StaffPage({ user }: ViewProps) {
  const institute = useInstitute();
  const timezone = useTimezone();
  const polling = useLivePolling();
  const [filter, setFilter] = useAddressFilter(filters);
  const list = useInfiniteQuery({ ...managedDownloads(filter), refetchInterval: polling });
  const items = flatten(list.data);
  const drawer = useDrawer();
  const [draft, setDraft] = useState(() => blankDraft(user.role));
  const [file, setFile] = useState<File | null>(null);
  const [deleting, setDeleting] = useState<ManagedDownload | null>(null);
  const upload = useUploading((isOpen) => {
    setDraft(blankDraft(user.role));
    setFile(null);
    if (isOpen) drawer.close();
  });

  const isFiltered = filters.some((name) => filter[name] !== '');
  const total = list.data?.pages[0]?.pagination.total;
  const years = recentYears(Number(dayIn(timezone, now()).slice(0, 4)) + 1).map(String);
  const uploadButton = <Button leftSection={<IconUpload size={20} aria-hidden="true" />} onClick={() => drawer.show('upload', '1')}>Upload</Button>;

  return (
    <>
      <PageHead title="Study material" line={<Freshness of={list} />} action={uploadButton} />
      <Stack gap="sm" mb="md">
        <SearchField label="Search the study material" placeholder="Search by title, subject or word" value={filter.search} onSearch={(search) => setFilter({ search })} />
        <div className={classes.filters}>
          <NativeSelect aria-label="Kind of material" value={filter.category} data={[{ value: '', label: 'All kinds' }, ...(institute?.categories ?? [])]} onChange={(event) => setFilter({ category: event.currentTarget.value })} />
          <NativeSelect
            aria-label="Semester"
            value={filter.semester}
            data={[{ value: '', label: 'All semesters' }, ...[1, 2, 3, 4, 5, 6, 7, 8].map((semester) => ({ value: String(semester), label: `Semester ${semester}` }))]}
            onChange={(event) => setFilter({ semester: event.currentTarget.value })}
          />
          <NativeSelect aria-label="Academic year" value={filter.academicYear} data={[{ value: '', label: 'All years' }, ...years]} onChange={(event) => setFilter({ academicYear: event.currentTarget.value })} />
        </div>
      </Stack>
      <VisuallyHidden component="h2">{isFiltered ? 'What was found' : 'All study material'}</VisuallyHidden>
      <VisuallyHidden role="status">{list.isPlaceholderData || total === undefined || !isFiltered ? '' : `${plural(total, 'item')} found`}</VisuallyHidden>
      <ListStates
        query={list}
        isEmpty={items.length === 0}
        empty={isFiltered
          ? <Empty icon={<IconSearchOff size={32} stroke={1.5} />} title="Nothing found" action={<ShowAll onClick={() => setFilter(nothing)} />}>No study material matches. Try another word, or look at everything.</Empty>
          : <Empty icon={<IconBooks size={32} stroke={1.5} />} title="No study material yet" action={uploadButton}>What you and your colleagues upload appears here, and at the same moment on the pages of the students it is for.</Empty>}
      >
        <ul className={classes.list} aria-busy={list.isPlaceholderData}>
          {items.map((item) => <li key={item._id}><StaffRow item={item} onEdit={() => drawer.show('edit', item._id)} onDelete={() => setDeleting(item)} /></li>)}
        </ul>
        <ListEnd query={list} />
      </ListStates>
      <Suspense fallback={null}>
        {(drawer.isUploading || upload.uploading.state === 'sending') && (
          <UploadDrawer
            role={user.role}
            draft={draft}
            file={file}
            uploading={upload.uploading}
            onDraft={(change) => setDraft((before) => ({ ...before, ...change }))}
            onFile={setFile}
            onSend={(chosen, metadata) => void upload.start(chosen, metadata)}
            onCancelSending={upload.cancel}
            onClose={drawer.close}
          />
        )}
        {drawer.editing !== null && <EditDrawer key={drawer.editing} role={user.role} item={items.find(({ _id }) => _id === drawer.editing)} onClose={drawer.close} />}
        {deleting !== null && <DeleteDialog item={deleting} onClose={() => setDeleting(null)} />}
      </Suspense>
    </>
  );
}
