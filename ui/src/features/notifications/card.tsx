import { Badge, Button, Text, Title } from '@mantine/core';
import { IconArrowRight, IconCheck } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import { now } from '../../kit/clock.ts';
import { dayOf } from '../../kit/format.ts';
import { useTimezone } from '../../kit/institute.ts';
import type { Notification } from '../../kit/wire.ts';
import classes from './card.module.css';
import { priorities } from './words.ts';

/** More letters or lines than these are shown when somebody asks for them. */
const isLong = (message: string): boolean => message.length > 320 || message.split('\n').length > 6;

interface NotificationCardProps {
  item: Notification;
  isUnread?: boolean;
  /** For who receives it: the link and the button to mark it as read are shown. */
  onRead?: () => void;
  /** Below the text. */
  children?: ReactNode;
}

export function NotificationCard({ item, isUnread = false, onRead, children }: NotificationCardProps) {
  const timezone = useTimezone();
  const [isOpen, setOpen] = useState(false);
  const heading = `notification-${item._id}`;
  const long = isLong(item.message);
  const matters = item.priority === 'high' || item.priority === 'urgent';
  return (
    <article className={classes.card} data-unread={isUnread || undefined} data-kind={item.type} aria-labelledby={heading}>
      <Title order={2} size="h5" id={heading} className={classes.title}>
        {isUnread && <Badge component="span" className={classes.new} variant="filled" radius="sm">New</Badge>}
        {matters && <Badge component="span" className={classes.matters} variant="light" radius="sm">{priorities[item.priority]}</Badge>}
        {item.title}
      </Title>
      <Text className={classes.message} lineClamp={long && !isOpen ? 5 : undefined}>{item.message}</Text>
      {long && <Button variant="subtle" size="sm" className={classes.more} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>{isOpen ? 'Show less' : 'Show all of it'}</Button>}
      <Text size="sm" c="dimmed">{[item.category, dayOf(item.createdAt, timezone, now()), item.sender?.fullName].filter(Boolean).join(' · ')}</Text>
      {children}
      {onRead !== undefined && (item.actionUrl != null || isUnread) && (
        <div className={classes.actions}>
          {item.actionUrl != null && <Button component={Link} to={item.actionUrl} size="sm" variant="light" rightSection={<IconArrowRight size={18} aria-hidden="true" />} onClick={() => isUnread && onRead()} aria-label={`Open the page of: ${item.title}`}>Open</Button>}
          {isUnread && <Button size="sm" variant="default" leftSection={<IconCheck size={18} aria-hidden="true" />} onClick={onRead} aria-label={`Mark as read: ${item.title}`}>Mark as read</Button>}
        </div>
      )}
    </article>
  );
}
