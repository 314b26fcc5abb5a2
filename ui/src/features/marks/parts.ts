/** What other features (home) may show of marks. */
export { ownMarks } from './queries.ts';
