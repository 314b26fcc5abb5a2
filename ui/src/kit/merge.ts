/** Two have changed one record. What each of them changed alone is kept; where both did, somebody has to choose. Pure. */
export interface Merged<D> {
  /** Mine, with what only they changed. */
  draft: D;
  /** What only they changed. */
  taken: (keyof D)[];
  /** What both changed, differently. */
  both: (keyof D)[];
}

export function merge<D extends object>(base: D, mine: D, theirs: D): Merged<D> {
  const draft = { ...mine };
  const taken: (keyof D)[] = [];
  const both: (keyof D)[] = [];
  for (const field of Object.keys(mine) as (keyof D)[]) {
    if (theirs[field] === base[field] || theirs[field] === mine[field]) continue;
    if (mine[field] === base[field]) {
      draft[field] = theirs[field];
      taken.push(field);
    } else both.push(field);
  }
  return { draft, taken, both };
}
