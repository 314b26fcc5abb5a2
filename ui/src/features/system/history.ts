import type { SystemStatus } from '../../kit/wire.ts';

/** What is drawn of one moment. Nothing where the server could not say. */
export interface Sample {
  at: number;
  people: number | null;
  behind: number | null;
}

/** How long is looked back. */
export const span = 10 * 60_000;
/** A longer pause than this is a gap in the line: the page was hidden, or had no answer. */
const pause = 20_000;

export const peopleOf = ({ connected: { roles } }: SystemStatus): number | null => roles?.reduce((sum, { people }) => sum + people, 0) ?? null;

export const sampleOf = (status: SystemStatus): Sample => ({ at: Date.parse(status.at), people: peopleOf(status), behind: status.behind });

/** The samples of the last minutes with one more. One of another server whose clock is behind begins anew. */
export function withSample(history: readonly Sample[], sample: Sample): Sample[] {
  const before = history.filter(({ at }) => at > sample.at - span);
  return before.some(({ at }) => at >= sample.at) ? [sample] : [...before, sample];
}

export interface Point {
  x: number;
  y: number;
}

/** The lines to draw, each without a gap, in a box of `width` and `height`: the newest at the right edge, nothing and the most at the bottom and the top. */
export function lines(history: readonly Sample[], value: (sample: Sample) => number | null, width: number, height: number): { lines: Point[][]; most: number } {
  const newest = history.at(-1)?.at ?? 0;
  const most = history.reduce((greatest, sample) => Math.max(greatest, value(sample) ?? 0), 0);
  const drawn: Point[][] = [];
  let last: number | undefined;
  for (const sample of history) {
    const now = value(sample);
    if (now === null) {
      last = undefined;
      continue;
    }
    const point = { x: width - ((newest - sample.at) * width) / span, y: height - (now * height) / Math.max(1, most) };
    const line = drawn.at(-1);
    if (line === undefined || last === undefined || sample.at - last > pause) drawn.push([point]);
    else line.push(point);
    last = sample.at;
  }
  return { lines: drawn, most };
}
