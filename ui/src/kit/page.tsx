import { Text, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';
import { useInstitute } from './institute.ts';
import classes from './page.module.css';

/** The name of the page in the tab, and in what a screen reader says first. */
export function useTitle(title: string): void {
  const institute = useInstitute()?.name;
  useEffect(() => {
    document.title = institute === undefined ? `${title} · Lamplight` : `${title} · ${institute}`;
  }, [title, institute]);
}

interface PageHeadProps {
  title: string;
  /** The name for the tab when the heading is a greeting. */
  tab?: string;
  /** One line, always there, so that nothing below moves when it changes. */
  line: ReactNode;
  action?: ReactNode;
}

export function PageHead({ title, tab, line, action }: PageHeadProps) {
  useTitle(tab ?? title);
  return (
    <div className={classes.head}>
      <Title order={1} size="h2" tabIndex={-1}>{title}</Title>
      {action}
      <Text c="dimmed" size="sm" component="div" className={classes.line}>{line}</Text>
    </div>
  );
}
