import { Badge, Button, Group, Text } from '@mantine/core';
import { IconAdjustments, IconUpload } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { ExportMenu } from '../../kit/export-menu.tsx';
import { part } from '../../kit/part.ts';
import { asProblem } from '../../kit/problem.ts';
import { Trouble } from '../../kit/states.tsx';
import type { MarkGrid } from '../../kit/wire.ts';
import { parts } from './cells.ts';
import classes from './grid.module.css';
import { gridKey, reviewSheet } from './queries.ts';
import { stateWords } from './words.ts';

const PublishDialog = part(() => import('./publish-dialog.tsx'));
const RecallDialog = part(() => import('./recall-dialog.tsx'));
const ImportDialog = part(() => import('./import-dialog.tsx'));
const MaximaDialog = part(() => import('./maxima-dialog.tsx'));

/** What can be done with a sheet as a whole. */
export function SheetActions({ grid: { sheet, rows } }: { grid: MarkGrid }) {
  const queries = useQueryClient();
  const [dialog, setDialog] = useState<'publish' | 'recall' | 'maxima' | 'import' | null>(null);
  const review = useMutation({
    mutationFn: (isHandedIn: boolean) => reviewSheet(sheet._id, isHandedIn),
    onSuccess: () => queries.invalidateQueries({ queryKey: gridKey(sheet._id) }),
  });
  const isScheduled = sheet.state === 'scheduled';
  const hasPublished = rows.some((row) => row.isPublished);
  const unpublished = rows.filter((row) => !row.isPublished && parts.some((part) => row.cells[part].value != null)).length;
  const close = () => setDialog(null);
  // Published meanwhile: by somebody else, or by the own request whose answer was lost.
  if (dialog === 'publish' && isScheduled) close();
  const { subject } = sheet;
  return (
    <>
      <Group gap="xs">
        <Badge variant="light" radius="sm" size="lg" className={classes.badge} data-state={sheet.state}>{stateWords[sheet.state] ?? sheet.state}</Badge>
        <ExportMenu path="/admin/marks/export" query={{ sheet: sheet._id }} name={`marks ${subject}`} formats={['csv', 'xlsx']} paper={{ label: 'Mark sheet to sign (PDF)', path: `/admin/marks/sheets/${encodeURIComponent(sheet._id)}/print` }} />
        {sheet.state === 'draft' && <Button variant="default" leftSection={<IconUpload size={18} aria-hidden="true" />} onClick={() => setDialog('import')}>Import</Button>}
        {!hasPublished && !isScheduled && <Button variant="default" leftSection={<IconAdjustments size={18} aria-hidden="true" />} onClick={() => setDialog('maxima')}>Maximum marks</Button>}
        {sheet.state === 'draft' && <Button variant="default" loading={review.isPending} disabled={unpublished === 0} onClick={() => review.mutate(true)}>Hand in</Button>}
        {sheet.state === 'review' && <Button variant="default" loading={review.isPending} onClick={() => review.mutate(false)}>Return</Button>}
        {hasPublished && !isScheduled && <Button variant="default" onClick={() => setDialog('recall')}>Recall</Button>}
        <Button onClick={() => setDialog('publish')} disabled={isScheduled || unpublished === 0}>Publish</Button>
      </Group>
      {review.error !== null && <Trouble title="It was not changed"><Text size="sm">{asProblem(review.error).message}</Text></Trouble>}
      <Suspense fallback={null}>
        {dialog === 'publish' && <PublishDialog sheet={sheet} onClose={close} />}
        {dialog === 'recall' && <RecallDialog sheet={sheet} onClose={close} />}
        {dialog === 'import' && <ImportDialog sheet={sheet} onClose={close} />}
        {dialog === 'maxima' && <MaximaDialog sheet={sheet} onClose={close} />}
      </Suspense>
    </>
  );
}
