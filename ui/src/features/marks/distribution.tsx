import { Text } from '@mantine/core';
import type { MarkGrid } from '../../kit/wire.ts';
import classes from './grid.module.css';

const bands = ['F', 'D', 'C', 'B', 'B+', 'A', 'A+', 'O'];

/** How many have which grade, as bars, and the average of the class. */
export function Distribution({ grid }: { grid: MarkGrid }) {
  const judged = grid.rows.filter(({ resultStatus }) => resultStatus === 'Pass' || resultStatus === 'Fail');
  if (judged.length === 0) return null;
  const counts = bands.map((band) => judged.filter(({ grade }) => grade === band).length);
  const most = Math.max(...counts);
  const average = judged.reduce((sum, { percentage }) => sum + percentage, 0) / judged.length;
  const passed = judged.filter(({ resultStatus }) => resultStatus === 'Pass').length;
  const cap = grid.averageCap;
  const isOver = cap != null && average > cap;
  return (
    <figure className={classes.distribution}>
      <figcaption>
        <Text size="sm">{`${passed} passed, ${judged.length - passed} not · average ${average.toFixed(1)} %`}</Text>
        {cap != null && <Text size="sm" className={isOver ? classes.over : undefined}>{isOver ? `Above the ${cap} % that the council takes` : `The council takes up to ${cap} %`}</Text>}
      </figcaption>
      <ul className={classes.bars}>
        {bands.map((band, index) => (
          <li key={band} aria-label={`${band}: ${counts[index] ?? 0}`}>
            <svg viewBox="0 0 10 40" preserveAspectRatio="none" aria-hidden="true"><rect x="0" width="10" y={40 - (40 * (counts[index] ?? 0)) / most} height={(40 * (counts[index] ?? 0)) / most} /></svg>
            <span aria-hidden="true">{band}</span>
          </li>
        ))}
      </ul>
    </figure>
  );
}
