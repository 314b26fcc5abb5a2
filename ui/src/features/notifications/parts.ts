/** What other features (home) may show of notifications. */
export { flatten } from './cache.ts';
export { ownNotifications } from './queries.ts';
