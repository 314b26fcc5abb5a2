import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState, type SyntheticEvent } from 'react';
import { useNavigate } from 'react-router';
import { asProblem } from '../../kit/problem.ts';
import { Trouble } from '../../kit/states.tsx';
import type { ClassKind, ClassSession } from '../../kit/wire.ts';
import { coursesQuery, semesterOf, semestersOf } from '../courses/courses.ts';
import { boardOf, openClass } from './queries.ts';
import { recentSubjects, rememberSubject } from './recent-subjects.ts';
import classes from './attendance.module.css';

const sessions: ClassSession[] = ['Morning', 'Afternoon', 'Full Day'];
const kinds: ClassKind[] = ['Theory', 'Practical', 'Clinical', 'Tutorial', 'Lab'];

/** Opens a class, or joins the one that is open: no timetable is needed. */
export function ClassForm({ today, known }: { today: string; known: string[] }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const courses = useQuery(coursesQuery);
  const own = (courses.data ?? []).filter(({ teaches }) => teaches);
  const [form, setForm] = useState({ course: '', semester: '1', subject: '', session: 'Morning' as ClassSession, type: 'Theory' as ClassKind, date: today, totalHours: null });
  const course = own.find(({ _id }) => _id === form.course) ?? own[0];
  // What the list shows is what is opened, also when the course before had more semesters.
  const semester = semesterOf(course, form.semester);
  const subjects = useId();
  const opening = useMutation({
    mutationFn: () => openClass({ ...form, course: course?._id ?? '', semester: Number(semester) }),
    onSuccess: (board) => {
      rememberSubject(form.subject.trim());
      queries.setQueryData(boardOf(board.class._id ?? '').queryKey, board);
      void navigate(`/attendance?class=${encodeURIComponent(board.class._id ?? '')}`);
    },
  });
  const problem = opening.isError ? asProblem(opening.error) : null;
  const set = (change: Partial<typeof form>) => setForm({ ...form, ...change });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    opening.mutate();
  };
  return (
    <form className={classes.form} onSubmit={submit} aria-label="Open a class">
      <NativeSelect label="Course" value={course?._id ?? ''} onChange={(event) => set({ course: event.currentTarget.value })} data={own.map(({ _id, courseCode }) => ({ value: _id, label: courseCode }))} />
      <NativeSelect label="Semester" value={semester} onChange={(event) => set({ semester: event.currentTarget.value })} data={semestersOf(course)} />
      <TextInput label="Subject" value={form.subject} list={subjects} onChange={(event) => set({ subject: event.currentTarget.value })} error={problem?.fields.subject} autoComplete="off" />
      <datalist id={subjects}>{[...new Set([...recentSubjects(), ...known])].map((subject) => <option key={subject} value={subject} />)}</datalist>
      <NativeSelect label="Kind of class" value={form.type} onChange={(event) => set({ type: event.currentTarget.value as ClassKind })} data={kinds} />
      <NativeSelect label="Part of the day" value={form.session} onChange={(event) => set({ session: event.currentTarget.value as ClassSession })} data={sessions} />
      <TextInput label="Date" type="date" value={form.date} max={today} onChange={(event) => set({ date: event.currentTarget.value })} error={problem?.fields.date} />
      {problem !== null && problem.fields.subject === undefined && problem.fields.date === undefined && <div className={classes.full}><Trouble>{problem.message}</Trouble></div>}
      <Button type="submit" loading={opening.isPending} className={classes.full}>Call the roll</Button>
    </form>
  );
}
