import type { Query, QueryClient } from '@tanstack/react-query';
import { askAgain } from './ask-again.ts';
import type { Shown } from './connection.ts';

/** Does this list keep itself fresh by events? */
export const isLive = ({ meta }: Query): boolean => meta?.live === true;

/** For who may see other things now than before: whatever is shown is asked for again, the rest when it is next shown. What is typed is the forms' own. */
export const refreshLive = (queries: QueryClient): Promise<void> => askAgain(queries, { predicate: isLive });

/** How often a live query asks by itself: never while events arrive, each minute while they do not, when its last question failed, or when nobody tells. */
export const pollingOf = (shown: Shown, isTold = true) => ({ state: { status, isInvalidated } }: { state: { status: string; isInvalidated: boolean } }): number | false =>
  isTold && shown === 'live' && status !== 'error' && !isInvalidated ? false : 60_000;
