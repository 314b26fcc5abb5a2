/** What other features (home) may show of attendance. */
export { ownAttendance } from './queries.ts';
export { advice, isShort } from './words.ts';
