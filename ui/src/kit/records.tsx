import type { ReactNode } from 'react';
import classes from './records.module.css';

interface RecordsProps {
  /** What the table holds, for who hears it. */
  caption: string;
  /** The names of the columns; an empty one has no name on a phone either. */
  columns: string[];
  /** Another page of it is on its way. */
  isBusy?: boolean;
  children: ReactNode;
}

/** A table of records. Its rows begin with `<th scope="row">`; its cells are `Cell`s. */
export function Records({ caption, columns, isBusy = false, children }: RecordsProps) {
  return (
    <div className={classes.room}>
      <div className={classes.frame} aria-busy={isBusy}>
        <table>
          <caption>{caption}</caption>
          <thead><tr>{columns.map((column, index) => (column === '' ? <td key={index} /> : <th key={index} scope="col">{column}</th>))}</tr></thead>
          <tbody>{children}</tbody>
        </table>
      </div>
    </div>
  );
}

interface CellProps {
  /** The name of its column, on a phone. */
  label?: string;
  isNumber?: boolean;
  /** It holds the record's menu, and nothing else. */
  isMenu?: boolean;
  children?: ReactNode;
}

export function Cell({ label, isNumber = false, isMenu = false, children }: CellProps) {
  return <td data-label={label} data-number={isNumber || undefined} data-menu={isMenu || undefined}><div>{children}</div></td>;
}
