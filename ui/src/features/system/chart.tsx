import { Text } from '@mantine/core';
import { lines, type Sample } from './history.ts';
import classes from './system.module.css';

const width = 600;
const height = 60;

interface ChartProps {
  history: Sample[];
  value: (sample: Sample) => number | null;
  /** What is drawn, and the most there was, in words: the drawing itself is for who can see it. */
  caption: (most: number) => string;
}

/** A figure over the last ten minutes. */
export function Chart({ history, value, caption }: ChartProps) {
  const { lines: drawn, most } = lines(history, value, width, height);
  return (
    <figure className={classes.chart}>
      <svg viewBox={`0 -4 ${width} ${height + 8}`} aria-hidden="true" preserveAspectRatio="none">
        <line x1="0" x2={width} y1={height} y2={height} className={classes.axis} />
        {drawn.map((points) => {
          const first = points[0];
          if (first === undefined) return null;
          // A single point is a line without a length, which is drawn as a dot.
          return points.length === 1
            ? <path key={first.x} d={`M${first.x} ${first.y}h0`} className={classes.dot} />
            : <polyline key={first.x} points={points.map(({ x, y }) => `${x},${y}`).join(' ')} className={classes.line} />;
        })}
      </svg>
      <figcaption><Text size="sm" c="dimmed">{caption(most)}</Text></figcaption>
    </figure>
  );
}
