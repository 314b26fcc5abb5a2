import { Badge, Button, Progress, Text, Title, VisuallyHidden } from '@mantine/core';
import { IconCheck, IconClockExclamation, IconDownload } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { dayIn, now } from '../../kit/clock.ts';
import { bytes, calendarDay, dayOf, lastDay } from '../../kit/format.ts';
import { useTimezone } from '../../kit/institute.ts';
import type { StudentDownload } from '../../kit/wire.ts';
import { FileBadge } from './file-badge.tsx';
import classes from './student-card.module.css';
import { cancelOpening, openForStudent, useOpenings, type Opening } from './openings.ts';

interface StudentCardProps {
  item: StudentDownload;
  /** The person came here for this one: show it to them. */
  wanted?: boolean;
}

export function StudentCard({ item, wanted = false }: StudentCardProps) {
  const timezone = useTimezone();
  const queries = useQueryClient();
  const opening = useOpenings().get(item._id);
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!wanted) return;
    card.current?.scrollIntoView({ block: 'center' });
    card.current?.focus({ preventScroll: true });
  }, [wanted]);

  const at = now();
  const heading = `material-${item._id}`;
  return (
    <article ref={card} className={classes.card} data-unopened={item.opened ? undefined : true} data-wanted={wanted ? true : undefined} aria-labelledby={heading} tabIndex={-1}>
      <div className={classes.top}>
        <FileBadge type={item.fileType} />
        <div className={classes.words}>
          <Title order={3} size="h5" id={heading} className={classes.title}>
            {!item.opened && <Badge className={classes.new} variant="filled" radius="sm" component="span">New</Badge>}
            {item.title}
          </Title>
          <Text size="sm" c="dimmed">{[item.category, item.subject].filter(Boolean).join(' · ')}</Text>
          <Text size="sm" c="dimmed">{`${bytes(item.fileSize)} · ${dayOf(item.uploadedAt, timezone, at)}${item.uploadedBy?.fullName == null ? '' : ` · ${item.uploadedBy.fullName}`}`}</Text>
          {item.description != null && item.description !== '' && <Text size="sm" mt={4} className={classes.description}>{item.description}</Text>}
          {item.expiryDate != null && item.expiryDate !== '' && (
            <Text size="sm" className={classes.expiry}>
              <IconClockExclamation size={16} aria-hidden="true" />
              <span title={`Can be downloaded until the end of ${calendarDay(item.expiryDate)}`}>{lastDay(item.expiryDate.slice(0, 10), dayIn(timezone, at))}</span>
            </Text>
          )}
        </div>
      </div>
      <OpenButton item={item} opening={opening} start={() => void openForStudent(queries, item, timezone)} />
      <VisuallyHidden role="status">{opening?.state === 'saved' ? 'Saved' : ''}</VisuallyHidden>
      <div role="alert">
        {opening?.state === 'failed' && <Text size="sm" className={classes.failure}>{opening.problem.message}</Text>}
      </div>
    </article>
  );
}

interface OpenButtonProps {
  item: StudentDownload;
  opening: Opening | undefined;
  start: () => void;
}

const isGone = (opening: Opening | undefined): boolean => opening?.state === 'failed' && (opening.problem.status === 404 || opening.problem.status === 410);

/** The same height in every state: nothing moves under the thumb. One button for all of it, so that the focus stays where it is. */
function OpenButton({ item, opening, start }: OpenButtonProps) {
  const isUnderWay = opening?.state === 'under way';
  const percent = isUnderWay ? Math.round(opening.share * 100) : 0;
  const words = { idle: 'Download', 'under way': 'Cancel', saved: 'Saved. Download again', failed: 'Try again' }[opening?.state ?? 'idle'];
  const Icon = opening?.state === 'saved' ? IconCheck : IconDownload;
  return (
    <div className={classes.action} data-busy={isUnderWay || undefined}>
      {isUnderWay && (
        <div className={classes.progress}>
          <Text size="sm">{percent === 0 ? 'Starting…' : `${percent}% of ${bytes(item.fileSize)}`}</Text>
          <Progress.Root size="sm"><Progress.Section value={percent} aria-label={`Downloading ${item.title}`} /></Progress.Root>
        </div>
      )}
      <Button
        variant={isUnderWay ? 'default' : item.opened ? 'light' : 'filled'}
        leftSection={!isUnderWay && <Icon size={20} aria-hidden="true" />}
        onClick={isUnderWay ? () => cancelOpening(item._id) : start}
        disabled={isGone(opening)}
        aria-label={isUnderWay ? `Cancel the download of ${item.title}` : `${words}: ${item.title}`}
      >
        {words}
      </Button>
    </div>
  );
}
