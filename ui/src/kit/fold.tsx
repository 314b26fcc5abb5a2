import { useState, type ReactNode } from 'react';

interface FoldProps {
  title: string;
  className?: string | undefined;
  /** Something in it is wrong: it opens, and stays open when that was put right. */
  hasProblem: boolean;
  children: ReactNode;
}

/** A part of a form that is folded away until it is wanted. */
export function Fold({ title, className, hasProblem, children }: FoldProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className={className} open={isOpen || hasProblem} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}
