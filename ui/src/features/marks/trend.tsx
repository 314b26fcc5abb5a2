import { Text } from '@mantine/core';
import type { Mark } from '../../kit/wire.ts';
import classes from './student.module.css';

const width = 320;
const height = 84;

/** The percentages of all exams in their order, as a line. The numbers stand in the list below it. */
export function Trend({ marks }: { marks: Mark[] }) {
  const exams = marks.filter(({ resultStatus }) => resultStatus === 'Pass' || resultStatus === 'Fail').slice().reverse();
  const first = exams[0];
  const last = exams.at(-1);
  if (first === undefined || last === undefined || exams.length < 2) return null;
  const points = exams.map(({ percentage }, index) => ({ x: 8 + (index * (width - 16)) / (exams.length - 1), y: height - 8 - (percentage * (height - 16)) / 100 }));
  return (
    <figure className={classes.trend}>
      <figcaption><Text size="sm" c="dimmed">{`From ${Math.round(first.percentage)} % to ${Math.round(last.percentage)} % in ${exams.length} exams`}</Text></figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true" preserveAspectRatio="none">
        <line x1="0" x2={width} y1={height - 8} y2={height - 8} className={classes.axis} />
        <polyline points={points.map(({ x, y }) => `${x},${y}`).join(' ')} className={classes.line} />
        {points.map(({ x, y }) => <path key={x} d={`M${x} ${y}h0`} className={classes.point} />)}
      </svg>
    </figure>
  );
}
