import { Button } from '@mantine/core';
import { IconAdjustmentsHorizontal } from '@tabler/icons-react';
import { useId, useState, type ReactNode } from 'react';
import classes from './filters.module.css';

interface FiltersProps {
  /** How many of them are set: a phone shows that while they are folded. */
  set: number;
  children: ReactNode;
}

/** The filters of a list. A phone folds them, so that the list begins on the first screen. */
export function Filters({ set, children }: FiltersProps) {
  const [isOpen, setOpen] = useState(false);
  const panel = useId();
  return (
    <div className={classes.filters}>
      <Button variant="default" className={classes.fold} leftSection={<IconAdjustmentsHorizontal size={20} aria-hidden="true" />} aria-expanded={isOpen} aria-controls={panel} onClick={() => setOpen(!isOpen)}>
        {set === 0 ? 'Filter' : `Filter (${set})`}
      </Button>
      <div className={classes.row} id={panel} data-open={isOpen || undefined}>{children}</div>
    </div>
  );
}

/** How many of these are set. */
export const countSet = (values: Record<string, string>): number => Object.values(values).filter((value) => value !== '').length;
