import { dayIn } from './clock.ts';

const kilo = 1024;

/** `820 KB`, `2.4 MB`: short, and never `0 KB` for a file that has something in it. */
export function bytes(size: number): string {
  if (size < kilo) return plural(Math.max(0, Math.round(size)), 'byte');
  const units = ['KB', 'MB', 'GB'];
  let value = size / kilo;
  let unit = 0;
  while (Math.round(value) >= kilo && unit < units.length - 1) {
    value /= kilo;
    unit += 1;
  }
  const digits = unit > 0 && value < 10 ? 1 : 0;
  return `${value.toFixed(digits).replace(/\.0$/, '')} ${units[unit] ?? 'GB'}`;
}

/** `3,600` */
export const number = (count: number): string => count.toLocaleString('en-GB');

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** How many rows a list has. A search counts no further than anybody reads. */
export function found({ total, more }: { total: number; more?: boolean }, one: string): string {
  return more === true ? `More than ${plural(total, one)}: another word finds fewer` : plural(total, one);
}

function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}

/** A calendar day, `YYYY-MM-DD`, as people write it. */
export function calendarDay(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(date.getTime())) return day;
  return new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short', year: 'numeric' }).format(date);
}

/** The day something happened: today and yesterday in words. */
export function dayOf(iso: string, timezone: string, at: number): string {
  const moment = Date.parse(iso);
  if (Number.isNaN(moment)) return '';
  const day = dayIn(timezone, moment);
  const ago = daysBetween(day, dayIn(timezone, at));
  if (ago === 0) return `today, ${timeOf(moment, timezone)}`;
  if (ago === 1) return `yesterday, ${timeOf(moment, timezone)}`;
  return calendarDay(day);
}

/** The minute something happened, however long ago: who looks for what was done asks when. */
export function momentOf(iso: string, timezone: string, at: number): string {
  const day = dayOf(iso, timezone, at);
  return day === '' || day.includes(',') ? day : `${day}, ${timeOf(Date.parse(iso), timezone)}`;
}

/** `14:32` */
export function timeOf(moment: number, timezone: string): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone: timezone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(moment);
}

/** The last day of something, from today's point of view. */
export function lastDay(expiry: string, today: string): string {
  const left = daysBetween(today, expiry);
  if (left === 0) return 'Last day today';
  if (left === 1) return 'Until tomorrow';
  if (left > 1 && left <= 7) return `For ${left} more days`;
  return `Until ${calendarDay(expiry)}`;
}

/** Words as the beginning of a sentence. */
export const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
