import { Badge, Button, Text, Title } from '@mantine/core';
import { IconDownload, IconHistory, IconReportAnalytics } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { calendarDay } from '../../kit/format.ts';
import { PageHead } from '../../kit/page.tsx';
import { asProblem } from '../../kit/problem.ts';
import { fetchTable, saveAs } from '../../kit/saving.ts';
import { Empty, Failed, Trouble, Waiting } from '../../kit/states.tsx';
import type { Mark } from '../../kit/wire.ts';
import { Freshness } from '../../realtime/freshness.tsx';
import { useLivePolling } from '../../realtime/live.tsx';
import { partName, parts } from './cells.ts';
import { History } from './history.tsx';
import { ownMarks } from './queries.ts';
import { Trend } from './trend.tsx';
import classes from './student.module.css';

export default function StudentPage() {
  const list = useQuery({ ...ownMarks, refetchInterval: useLivePolling() });
  const saving = useMutation({ mutationFn: async () => saveAs(await fetchTable('/student/marks/download'), 'marks.csv') });
  const marks = list.data?.marks ?? [];
  const semesters = [...new Set(marks.map(({ semester }) => semester))].sort((one, other) => other - one);
  const save = <Button variant="default" leftSection={<IconDownload size={20} aria-hidden="true" />} onClick={() => saving.mutate()} loading={saving.isPending} disabled={marks.length === 0}>Save as table</Button>;

  return (
    <>
      <PageHead title="Marks" line={<Freshness of={list} />} action={save} />
      {saving.error !== null && <Trouble title="The table was not saved"><Text size="sm">{asProblem(saving.error).message}</Text></Trouble>}
      {list.isPending && (list.fetchStatus === 'paused' ? <Waiting /> : <div role="status" aria-label="Loading" className={classes.loading} />)}
      {list.isError && list.data === undefined && <Failed error={list.error} retry={() => void list.refetch()} retrying={list.isFetching} />}
      {list.data !== undefined && marks.length === 0 && (
        <Empty icon={<IconReportAnalytics size={32} stroke={1.5} />} title="No marks yet">Your marks appear here the moment your teachers publish them.</Empty>
      )}
      {marks.length > 1 && <Trend marks={marks} />}
      {semesters.map((semester) => {
        const stats = list.data?.semesterStats[String(semester)];
        return (
          <section key={semester} className={classes.semester} aria-labelledby={`semester-${semester}`}>
            <div className={classes.head}>
              <Title order={2} size="h4" id={`semester-${semester}`}>Semester {semester}</Title>
              {stats !== undefined && <Text c="dimmed" size="sm">{`${stats.percentage} % · ${stats.passedSubjects} of ${stats.totalSubjects} passed`}</Text>}
            </div>
            <ul className={classes.list}>
              {marks.filter((mark) => mark.semester === semester).map((mark) => <li key={mark._id}><MarkCard mark={mark} /></li>)}
            </ul>
          </section>
        );
      })}
    </>
  );
}

const result: Record<string, { words: string; tone: string }> = {
  Pass: { words: 'Passed', tone: 'good' },
  Fail: { words: 'Not passed', tone: 'bad' },
  Absent: { words: 'Absent', tone: 'caution' },
  Pending: { words: 'Not complete', tone: 'caution' },
};

function MarkCard({ mark }: { mark: Mark }) {
  const [open, setOpen] = useState(false);
  const { words, tone } = (mark.grade === 'Withheld' ? { words: 'Withheld', tone: 'caution' } : result[mark.resultStatus]) ?? { words: mark.resultStatus, tone: 'caution' };
  const has = parts.filter((part) => mark.marks[part].max > 0);
  const heading = `mark-${mark._id}`;
  return (
    <article className={classes.card} aria-labelledby={heading}>
      <div className={classes.words}>
        <Title order={3} size="h5" id={heading}>{mark.subject}</Title>
        <Text size="sm" c="dimmed">{[mark.examType, mark.examLabel, calendarDay(mark.examDate)].filter(Boolean).join(' · ')}</Text>
      </div>
      <div className={classes.total}>
        <Text fw={700} size="xl" component="p"><span data-testid="total">{mark.totalMarks.obtained}</span><span className={classes.of}>{` / ${mark.totalMarks.max}`}</span></Text>
        <Badge variant="light" radius="sm" className={classes.result} data-tone={tone}>{mark.grade.length === 0 || mark.grade.length > 2 ? words : `${mark.grade} · ${words}`}</Badge>
      </div>
      <dl className={classes.parts}>
        {has.map((part) => (
          <div key={part}>
            <dt>{partName[part]}</dt>
            <dd>{mark.marks[part].status === 'scored' ? `${mark.marks[part].obtained} / ${mark.marks[part].max}` : { absent: 'absent', withheld: 'withheld' }[mark.marks[part].status] ?? 'not yet'}</dd>
          </div>
        ))}
      </dl>
      {mark.remarks != null && mark.remarks !== '' && <Text size="sm" className={classes.remarks}>{mark.remarks}</Text>}
      <Button variant="subtle" size="sm" className={classes.history} leftSection={<IconHistory size={18} aria-hidden="true" />} aria-expanded={open} onClick={() => setOpen(!open)} aria-label={`History of ${mark.subject}`}>History</Button>
      {open && <History of="student" id={mark._id} />}
    </article>
  );
}
