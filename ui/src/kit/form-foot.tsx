import { Button, Group } from '@mantine/core';
import { Conflict } from './conflict.tsx';
import drawer from './drawer.module.css';
import { asProblem } from './problem.ts';
import { Refused } from './refused.tsx';
import type { useMergedDraft } from './use-merged-draft.ts';

interface FormFootProps<F extends string> {
  merging: ReturnType<typeof useMergedDraft<F>>;
  /** What a field is called, and what is in it as people read it. */
  label: (field: F) => string;
  inWords?: (field: F, value: string) => string;
  /** Why the last try failed. */
  error: Error | null;
  isSaving: boolean;
  confirm: string;
  onClose: () => void;
}

/** The end of a form in a drawer: both sides when somebody else was faster, why it was refused, and the buttons. */
export function FormFoot<F extends string>({ merging: { clash, draft, chosen, choose }, label, inWords = (_, value) => value, error, isSaving, confirm, onClose }: FormFootProps<F>) {
  const words = (field: F, of: Record<F, string>) => inWords(field, of[field]);
  // Both sides are shown instead.
  const isClash = error !== null && clash !== null && asProblem(error).status === 409;
  return (
    <div className={drawer.foot}>
      {clash !== null && (
        <Conflict
          taken={clash.taken.map((field) => `${label(field)} (${words(field, clash.theirs)})`)}
          both={clash.both.map((field) => ({ field, label: label(field), mine: words(field, draft), theirs: words(field, clash.theirs) }))}
          theirs={chosen}
          onChoose={choose}
        />
      )}
      <Refused error={isClash ? null : error} title="It was not saved" />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose} disabled={isSaving}>Cancel</Button>
        <Button type="submit" loading={isSaving}>{confirm}</Button>
      </Group>
    </div>
  );
}
