/**
 * What time it is at the institute. A phone whose clock is wrong would hide material too early or show it too long, so the
 * `Date` of the server's answers corrects it.
 */

let aheadBy = 0;

export function noteServerDate(header: string | null): void {
  const server = header === null ? NaN : Date.parse(header);
  if (Number.isNaN(server)) return;
  const difference = server - Date.now();
  // The header has whole seconds and the answer took its time: only a real error of the clock counts.
  aheadBy = Math.abs(difference) > 60_000 ? difference : 0;
}

export const now = (): number => Date.now() + aheadBy;

/** The day of the calendar, `YYYY-MM-DD`, at a moment in a time zone. */
export function dayIn(timezone: string, at: number): string {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: timezone, year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(at);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
}

export function hourIn(timezone: string, at: number): number {
  return Number(new Intl.DateTimeFormat('en-GB', { timeZone: timezone, hour: '2-digit', hour12: false }).format(at)) % 24;
}
