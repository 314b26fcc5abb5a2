import { Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { asProblem } from './problem.ts';
import { Trouble } from './states.tsx';

const firstProblem = (form: Element | null | undefined) => form?.querySelector<HTMLElement>('[aria-invalid="true"]') ?? null;

/** Leads to the first field that is wrong, once the page says so: who pressed Save would see nothing happen. */
export function toFirstProblem(form: Element): void {
  requestAnimationFrame(() => firstProblem(form)?.focus());
}

/** What became of a form that the server refused: leads to the first field beside which that stands, and says it here when it stands beside none. */
export function Refused({ error, title }: { error: Error | null; title: string }) {
  const place = useRef<HTMLSpanElement>(null);
  const [unsaid, setUnsaid] = useState<Error | null>(null);
  useEffect(() => {
    if (error === null) return;
    const frame = requestAnimationFrame(() => {
      if (Object.keys(asProblem(error).fields).length === 0) return;
      const first = firstProblem(place.current?.closest('form, [role="dialog"]'));
      if (first === null) setUnsaid(error);
      else first.focus();
    });
    return () => cancelAnimationFrame(frame);
  }, [error]);
  const problem = error === null ? null : asProblem(error);
  const isSaid = problem !== null && (unsaid === error || Object.keys(problem.fields).length === 0);
  return (
    <>
      <span ref={place} hidden />
      {isSaid && <Trouble title={title}><Text size="sm">{problem.message}</Text></Trouble>}
    </>
  );
}
