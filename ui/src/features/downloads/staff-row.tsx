import { Button, Text, Title } from '@mantine/core';
import { IconClockExclamation, IconDownload, IconPencil, IconTrash, IconUsers } from '@tabler/icons-react';
import { dayIn, now } from '../../kit/clock.ts';
import { bytes, calendarDay, dayOf, lastDay, plural } from '../../kit/format.ts';
import { useTimezone } from '../../kit/institute.ts';
import type { ManagedDownload } from '../../kit/wire.ts';
import { hasExpired } from './expiry.ts';
import { FileBadge } from './file-badge.tsx';
import { openForStaff, useOpenings } from './openings.ts';
import classes from './staff-row.module.css';

interface StaffRowProps {
  item: ManagedDownload;
  onEdit?: () => void;
  onDelete?: () => void;
}

export function StaffRow({ item, onEdit, onDelete }: StaffRowProps) {
  const timezone = useTimezone();
  const opening = useOpenings().get(item._id);
  const at = now();
  const today = dayIn(timezone, at);
  const heading = `material-${item._id}`;
  const by = item.uploadedBy?.fullName ?? item.uploadedBy?.username;
  const expiry = item.expiryDate?.slice(0, 10) ?? '';
  let note = expiry === '' ? '' : lastDay(expiry, today);
  // The page may have been open since before midnight.
  if (item.isExpired || hasExpired(item, today)) note = `Expired on ${calendarDay(expiry)}: students do not see it`;
  return (
    <article className={classes.row} aria-labelledby={heading}>
      <FileBadge type={item.fileType} />
      <div className={classes.words}>
        <Title order={3} size="h5" id={heading} className={classes.title}>{item.title}</Title>
        <Text size="sm" c="dimmed">{[item.category, item.subject, bytes(item.fileSize), plural(item.downloadCount, 'download')].filter(Boolean).join(' · ')}</Text>
        <Text size="sm" c="dimmed">{[dayOf(item.uploadedAt, timezone, at), by].filter(Boolean).join(' · ')}</Text>
        {item.audienceText !== '' && <Text size="sm" className={classes.line}><IconUsers size={16} aria-hidden="true" /><span>{`For ${item.audienceText}`}</span></Text>}
        {note !== '' && <Text size="sm" className={classes.note}><IconClockExclamation size={16} aria-hidden="true" /><span>{note}</span></Text>}
        {opening?.state === 'failed' && <Text size="sm" role="alert" c="var(--mantine-color-error)">{opening.problem.message}</Text>}
      </div>
      <div className={classes.actions}>
        <Button
          size="sm"
          variant="subtle"
          leftSection={<IconDownload size={18} aria-hidden="true" />}
          loading={opening?.state === 'under way'}
          onClick={() => void openForStaff(item)}
          aria-label={`Download ${item.title}`}
        >
          Download
        </Button>
        {item.canEdit && onEdit !== undefined && <Button size="sm" variant="subtle" leftSection={<IconPencil size={18} aria-hidden="true" />} onClick={onEdit} aria-label={`Edit ${item.title}`}>Edit</Button>}
        {item.canEdit && onDelete !== undefined && <Button size="sm" variant="subtle" leftSection={<IconTrash size={18} aria-hidden="true" />} onClick={onDelete} aria-label={`Delete ${item.title}`} className={classes.delete}>Delete</Button>}
      </div>
    </article>
  );
}
