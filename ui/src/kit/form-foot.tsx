import { Button, Group, Text } from '@mantine/core';
import { Conflict } from './conflict.tsx';
import drawer from './drawer.module.css';
import type { Problem } from './problem.ts';
import { Trouble } from './states.tsx';
import type { useMergedDraft } from './use-merged-draft.ts';

interface FormFootProps<F extends string> {
  merging: ReturnType<typeof useMergedDraft<F>>;
  /** What a field is called, and what is in it as people read it. */
  label: (field: F) => string;
  inWords?: (field: F, value: string) => string;
  /** Why the last try was refused. What stands beside a field is not said again. */
  refused: Problem | null;
  isSaving: boolean;
  confirm: string;
  onClose: () => void;
}

/** The end of a form in a drawer: both sides when somebody else was faster, why it was refused, and the buttons. */
export function FormFoot<F extends string>({ merging: { clash, draft, chosen, choose }, label, inWords = (_, value) => value, refused, isSaving, confirm, onClose }: FormFootProps<F>) {
  const words = (field: F, of: Record<F, string>) => inWords(field, of[field]);
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
      {refused !== null && refused.status !== 409 && Object.keys(refused.fields).length === 0 && <Trouble title="It was not saved"><Text size="sm">{refused.message}</Text></Trouble>}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>Cancel</Button>
        <Button type="submit" loading={isSaving}>{confirm}</Button>
      </Group>
    </div>
  );
}
