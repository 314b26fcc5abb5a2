import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { FilePicker } from './file-picker.tsx';
import { bytes, plural } from './format.ts';
import classes from './import-drawer.module.css';
import { problemsFirst, type ImportPlan, type PlannedRow } from './import-plan.ts';
import { asProblem, isUnknown } from './problem.ts';
import { cancelled, sendFile, type Sending } from './send-file.ts';
import { SideDrawer } from './side-drawer.tsx';
import { Trouble } from './states.tsx';

interface ImportDrawerProps<R extends PlannedRow> {
  title: string;
  /** Which columns the file needs, and where a sample is. */
  hint: ReactNode;
  /** Where the file is read. */
  path: string;
  limitBytes: number;
  /** What a row says, in words: whom it is about, and what it would do. */
  describe: (row: R) => { who: string; what: string; wrong: string[] };
  /** Does what the plan said. */
  apply: (plan: ImportPlan<R>) => Promise<unknown>;
  /** How many rows are written so far, for plans that take a while. */
  progress?: (plan: ImportPlan<R>) => Promise<number>;
  onClose: () => void;
}

const extensions = ['.csv', '.xlsx'];

/** First the plan of a file, row by row with the problems on top; then, when somebody has looked at it, exactly that plan is carried out. */
export function ImportDrawer<R extends PlannedRow>({ title, hint, path, limitBytes, describe, apply, progress, onClose }: ImportDrawerProps<R>) {
  const [file, setFile] = useState<File | null>(null);
  const [sent, setSent] = useState(0);
  const sending = useRef<Sending<ImportPlan<R>> | null>(null);
  const pickButton = useRef<HTMLButtonElement>(null);
  const planning = useMutation({
    mutationFn: (chosen: File) => {
      sending.current = sendFile<ImportPlan<R>>(path, chosen, {}, setSent);
      return sending.current.done;
    },
  });
  const applying = useMutation({ mutationFn: apply, onSuccess: onClose });
  useEffect(() => () => sending.current?.cancel(), []);

  const pick = (chosen: File) => {
    applying.reset();
    planning.reset();
    setSent(0);
    setFile(chosen);
    if (chosen.size <= limitBytes) planning.mutate(chosen);
  };
  const plan = planning.data;
  const unread = planning.error === null || cancelled(planning.error) ? null : asProblem(planning.error);
  const inFile = file !== null && file.size > limitBytes ? `This file has ${bytes(file.size)}; it may have ${bytes(limitBytes)} at most.` : unread?.message;
  const news = plan === undefined ? 0 : plan.add + plan.change;
  const refused = applying.error === null ? null : asProblem(applying.error);

  return (
    <SideDrawer title={title} width={680} isBusy={applying.isPending} onClose={onClose}>
      <Stack gap="md">
        <Text size="sm" component="div">{hint}</Text>
        <FilePicker file={file} rules={{ acceptedExtensions: extensions, uploadLimitBytes: limitBytes }} error={inFile} disabled={planning.isPending || applying.isPending} button={pickButton} onPick={pick} />
        {planning.isPending && file !== null && <Reading sent={sent} total={file.size} />}
        {plan !== undefined && <Plan plan={plan} describe={describe} />}
      </Stack>
      <div className={classes.foot}>
        {refused !== null && (
          <Trouble title={isUnknown(refused) ? 'There was no answer' : 'Nothing was changed'}>
            <Text size="sm">{isUnknown(refused) ? 'It may be saved all the same. Look at the list before you save it once more.' : refused.message}</Text>
            {refused.status === 409 && file !== null && <Button size="sm" variant="default" onClick={() => pick(file)}>Read the file again</Button>}
          </Trouble>
        )}
        {applying.isPending && plan !== undefined && <Saving plan={plan} progress={progress} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} disabled={applying.isPending}>Cancel</Button>
          <Button disabled={plan === undefined || news === 0} loading={applying.isPending} onClick={() => plan !== undefined && applying.mutate(plan)}>{news === 0 ? 'Save' : `Save ${plural(news, 'row')}`}</Button>
        </Group>
      </div>
    </SideDrawer>
  );
}

function Reading({ sent, total }: { sent: number; total: number }) {
  const percent = total === 0 ? 0 : Math.floor((sent / total) * 100);
  return (
    <div>
      <Text size="sm" fw={600}>{percent < 100 ? `${percent}% sent` : 'The institute is reading the file…'}</Text>
      <Progress.Root size="lg" mt={6}><Progress.Section value={percent} animated={percent >= 100} aria-label="Reading the file" /></Progress.Root>
    </div>
  );
}

/** How far the saving is, when that can be asked. */
function Saving<R extends PlannedRow>({ plan, progress }: { plan: ImportPlan<R>; progress: ImportDrawerProps<R>['progress'] }) {
  const [done, setDone] = useState(0);
  const all = Math.max(1, plan.add + plan.change);
  useEffect(() => {
    if (progress === undefined) return;
    const timer = setInterval(() => void progress(plan).then(setDone, () => undefined), 500);
    return () => clearInterval(timer);
  }, [plan, progress]);
  const percent = progress === undefined ? 100 : Math.floor((done / all) * 100);
  return (
    <div>
      <Text size="sm" fw={600}>{progress === undefined ? 'Saving…' : `Saving: ${done} of ${all}`}</Text>
      <Progress.Root size="lg" mt={6}><Progress.Section value={percent} animated aria-label="Saving" /></Progress.Root>
    </div>
  );
}

const step = 100;
const actions: Record<PlannedRow['action'], string> = { refused: 'Left out', change: 'Changes', add: 'New', same: 'No change' };

function Plan<R extends PlannedRow>({ plan, describe }: { plan: ImportPlan<R>; describe: ImportDrawerProps<R>['describe'] }) {
  const [shown, setShown] = useState(step);
  const rows = problemsFirst(plan.rows);
  return (
    <section aria-label="What the file would do">
      <Text fw={650} role="status">{`${plural(plan.total, 'row')}: ${plan.add} new, ${plan.change} changed, ${plan.same} the same, ${plan.refused} left out`}</Text>
      <Text size="sm" c="dimmed" mb="sm">{plan.refused === 0 ? 'Nothing is saved before you press Save.' : 'Rows that are left out can be corrected in the file, which you can then choose again. Nothing is saved before you press Save.'}</Text>
      <ul className={classes.rows}>
        {rows.slice(0, shown).map((row) => {
          const { who, what, wrong } = describe(row);
          return (
            <li key={row.row} className={classes.row}>
              <Text size="sm" c="dimmed" className={classes.number}>{`Row ${row.row}`}</Text>
              <div className={classes.words}>
                <Text size="sm" fw={600}>{who}</Text>
                {what !== '' && <Text size="sm">{what}</Text>}
                {wrong.map((sentence) => <Text key={sentence} size="sm" c="var(--mantine-color-error)">{sentence}</Text>)}
              </div>
              <span className={classes.action} data-action={row.action}>{actions[row.action]}</span>
            </li>
          );
        })}
      </ul>
      {rows.length > shown && <Group justify="center" mt="sm"><Button variant="default" onClick={() => setShown(shown + step)}>{`Show ${Math.min(step, rows.length - shown)} more`}</Button></Group>}
    </section>
  );
}
