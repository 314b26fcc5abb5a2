import { NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { coursesQuery, semesterOf, semestersOf } from '../courses/courses.ts';

interface ClassFiltersProps {
  course: string;
  semester: string;
  subject: string;
  onChange: (change: { course?: string; semester?: string; subject?: string }) => void;
}

/** Which classes: course, semester and subject. */
export function ClassFilters({ course, semester, subject, onChange }: ClassFiltersProps) {
  const courses = useQuery(coursesQuery);
  const own = (courses.data ?? []).filter(({ teaches }) => teaches);
  const find = (id: string) => own.find(({ _id }) => _id === id);
  // One that the address names and the course does not have still filters: it is shown.
  const semesters = [...new Set([...semestersOf(find(course)), semester].filter(Boolean))];
  const choose = (id: string) => onChange({ course: id, semester: semesterOf(find(id), semester, '') });
  return (
    <>
      <NativeSelect label="Course" value={course} data={[{ value: '', label: 'All courses' }, ...own.map(({ _id, courseCode }) => ({ value: _id, label: courseCode }))]} onChange={(event) => choose(event.currentTarget.value)} />
      <NativeSelect label="Semester" value={semester} data={[{ value: '', label: 'All' }, ...semesters]} onChange={(event) => onChange({ semester: event.currentTarget.value })} />
      <SubjectField subject={subject} onSubject={(text) => onChange({ subject: text })} />
    </>
  );
}

/** Asks when the person has paused, not at every letter. */
function SubjectField({ subject, onSubject }: { subject: string; onSubject: (text: string) => void }) {
  const [text, setText] = useState(subject);
  const [sent, setSent] = useState(subject);
  if (subject !== sent) {
    setSent(subject);
    setText(subject);
  }
  const search = useDebouncedCallback((wanted: string) => {
    setSent(wanted);
    onSubject(wanted);
  }, 350);
  return (
    <TextInput
      label="Subject"
      value={text}
      placeholder="All subjects"
      autoComplete="off"
      onChange={(event) => {
        setText(event.currentTarget.value);
        search(event.currentTarget.value.trim());
      }}
    />
  );
}
