import { Button, Progress, Text, Title } from '@mantine/core';
import { IconPlus, IconSchool } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { ConfirmDialog } from '../../kit/confirm-dialog.tsx';
import { plural } from '../../kit/format.ts';
import { ListStates } from '../../kit/list-states.tsx';
import lists from '../../kit/list.module.css';
import { PageHead } from '../../kit/page.tsx';
import { part } from '../../kit/part.ts';
import { Empty } from '../../kit/states.tsx';
import { showToast } from '../../kit/toasts.tsx';
import type { Course } from '../../kit/wire.ts';
import { Freshness } from '../../realtime/freshness.tsx';
import { useLivePolling } from '../../realtime/live.tsx';
import { changeCourse, coursesQuery, deleteCourse } from './courses.ts';
import classes from './courses.module.css';

const CourseForm = part(() => import('./course-form.tsx'));

interface Asked {
  course: Course;
  what: 'close' | 'delete';
}

export default function CoursesPage() {
  const queries = useQueryClient();
  const list = useQuery({ ...coursesQuery, refetchInterval: useLivePolling() });
  const [editing, setEditing] = useState<Course | 'new' | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const courses = list.data ?? [];
  const add = <Button leftSection={<IconPlus size={20} aria-hidden="true" />} onClick={() => setEditing('new')}>Add</Button>;
  const done = (title: string) => {
    void queries.invalidateQueries({ queryKey: coursesQuery.queryKey });
    showToast({ key: 'courses:done', title });
  };
  return (
    <>
      <PageHead title="Courses" line={<Freshness of={list} />} action={add} />
      <ListStates query={list} isEmpty={courses.length === 0} empty={<Empty icon={<IconSchool size={32} stroke={1.5} />} title="No courses yet" action={add}>Add the first course; then students can be added to it.</Empty>}>
        <ul className={lists.list}>{courses.map((course) => <li key={course._id}><Card course={course} onEdit={() => setEditing(course)} onAsk={(what) => setAsked({ course, what })} /></li>)}</ul>
      </ListStates>
      <Suspense fallback={null}>{editing !== null && <CourseForm course={editing === 'new' ? undefined : editing} onClose={() => setEditing(null)} />}</Suspense>
      {asked?.what === 'close' && (
        <ConfirmDialog
          title={asked.course.isActive ? `Close ${asked.course.courseCode}?` : `Open ${asked.course.courseCode}?`}
          confirm={asked.course.isActive ? 'Close the course' : 'Open the course'}
          keep="Cancel"
          refusal="It was not changed"
          run={() => changeCourse(queries, asked.course._id, { isActive: !asked.course.isActive, version: asked.course.version })}
          onDone={() => done(`Saved: ${asked.course.courseName}`)}
          onClose={() => setAsked(null)}
        >
          <Text>{asked.course.isActive ? 'It is offered to nobody any more. Its students go on.' : 'It is offered again.'}</Text>
        </ConfirmDialog>
      )}
      {asked?.what === 'delete' && (
        <ConfirmDialog title={`Delete ${asked.course.courseCode}?`} confirm="Delete" refusal="It was not deleted" run={() => deleteCourse(asked.course._id)} onDone={() => done(`Deleted: ${asked.course.courseName}`)} onClose={() => setAsked(null)}>
          <Text>Only a course to which nothing belongs can be deleted. Any other is closed.</Text>
        </ConfirmDialog>
      )}
    </>
  );
}

function Card({ course, onEdit, onAsk }: { course: Course; onEdit: () => void; onAsk: (what: Asked['what']) => void }) {
  const heading = `course-${course._id}`;
  const share = course.seatsAvailable === 0 ? 0 : Math.min(100, (course.seatsFilled / course.seatsAvailable) * 100);
  return (
    <article className={classes.card} aria-labelledby={heading}>
      <Title order={2} size="h5" id={heading}>{`${course.courseCode}: ${course.courseName}`}</Title>
      {!course.isActive && <Text size="sm" fw={600} c="var(--caution)">Closed: not offered</Text>}
      <Text size="sm" c="dimmed">{[course.duration, plural(course.semesters, 'semester')].filter(Boolean).join(' · ')}</Text>
      {course.description !== '' && <Text size="sm">{course.description}</Text>}
      <div className={classes.seats}>
        <Text size="sm" fw={600}>{`${course.seatsFilled} of ${plural(course.seatsAvailable, 'seat')} taken`}</Text>
        <Progress.Root size="sm"><Progress.Section value={share} aria-label={`Seats of ${course.courseCode} taken`} /></Progress.Root>
      </div>
      <div className={classes.actions}>
        <Button size="sm" variant="subtle" onClick={onEdit} aria-label={`Edit ${course.courseCode}`}>Edit</Button>
        <Button size="sm" variant="subtle" onClick={() => onAsk('close')} aria-label={`${course.isActive ? 'Close' : 'Open'} ${course.courseCode}`}>{course.isActive ? 'Close' : 'Open'}</Button>
        <Button size="sm" variant="subtle" className={classes.delete} onClick={() => onAsk('delete')} aria-label={`Delete ${course.courseCode}`}>Delete</Button>
      </div>
    </article>
  );
}
