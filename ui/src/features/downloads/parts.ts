/** What other features (home) may show of the study material. */
export { flatten } from './cache.ts';
export { hasExpired } from './expiry.ts';
export { forgetFinished, useOpenings } from './openings.ts';
export { everything, everythingManaged, managedDownloads, studentDownloads } from './queries.ts';
export { StaffRow } from './staff-row.tsx';
export { StudentCard } from './student-card.tsx';
