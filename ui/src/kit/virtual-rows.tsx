import { useEffect, useRef, useState, type ReactNode, type RefObject } from 'react';
import classes from './virtual-rows.module.css';

/** Rows before and after the window that are drawn as well: scrolling and the Tab key find them there. */
const around = 12;

interface Span {
  first: number;
  /** The one after the last. */
  end: number;
}

/** How much larger than usual the letters of this browser are: rows grow with them. */
const lettersGrow = (): number => Math.max(1, (parseFloat(getComputedStyle(document.documentElement).fontSize) || 16) / 16);

/** Which rows of a long list are in the window or near it. */
export function useSpan(list: RefObject<HTMLElement | null>, total: number, rowHeight: number): Span {
  const [span, setSpan] = useState<Span>({ first: 0, end: Math.min(total, 40) });
  useEffect(() => {
    const look = () => {
      const above = -(list.current?.getBoundingClientRect().top ?? 0);
      const first = Math.max(0, Math.floor(above / rowHeight) - around);
      const end = Math.min(total, Math.ceil((above + window.innerHeight) / rowHeight) + around);
      setSpan((before) => (before.first === first && before.end === end ? before : { first, end: Math.max(first, end) }));
    };
    look();
    window.addEventListener('scroll', look, { passive: true });
    window.addEventListener('resize', look);
    return () => {
      window.removeEventListener('scroll', look);
      window.removeEventListener('resize', look);
    };
  }, [list, total, rowHeight]);
  return span;
}

interface VirtualRowsProps {
  label: string;
  total: number;
  rowHeight: number;
  columns: string[];
  /** What is drawn for a row; it may still be on its way. */
  row: (index: number) => ReactNode;
  onSpan: (first: number, end: number) => void;
}

/** A table of any length: the scroll bar is as long as all of it, drawn is only what is near the window. */
export function VirtualRows({ label, total, rowHeight: usual, columns, row, onSpan }: VirtualRowsProps) {
  const [growth] = useState(lettersGrow);
  const rowHeight = Math.round(usual * growth);
  const list = useRef<HTMLDivElement>(null);
  const { first, end } = useSpan(list, total, rowHeight);
  useEffect(() => onSpan(first, end), [onSpan, first, end]);
  const shown = Array.from({ length: Math.max(0, Math.min(end, total) - first) }, (_, index) => first + index);
  return (
    <div role="table" aria-label={label} aria-rowcount={total + 1} className={classes.table}>
      <div role="rowgroup" className={classes.head}>
        <div role="row" className={classes.row} aria-rowindex={1}>{columns.map((column) => <div key={column} role="columnheader">{column}</div>)}</div>
      </div>
      <div role="rowgroup" ref={list} className={classes.body} style={{ height: total * rowHeight }}>
        {shown.map((index) => (
          <div key={index} role="row" className={classes.row} aria-rowindex={index + 2} style={{ top: index * rowHeight, height: rowHeight }}>{row(index)}</div>
        ))}
      </div>
    </div>
  );
}
