/** A whole percentage as somebody typed it; null when it is none. */
export function percentage(text: string): number | null {
  const found = /^\s*(\d{1,3})\s*%?\s*$/.exec(text);
  const value = Number(found?.[1] ?? NaN);
  return value >= 0 && value <= 100 ? value : null;
}

export const inWords = (value: number | null | undefined): string => (value == null ? 'No limit' : `${value} %`);
