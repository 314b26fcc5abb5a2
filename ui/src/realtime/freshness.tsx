import { timeOf } from '../kit/format.ts';
import { useTimezone } from '../kit/institute.ts';
import { useLiveState } from './live.tsx';

interface Answered {
  /** When it last came, in milliseconds; 0 for never. */
  dataUpdatedAt: number;
  /** Asked for again, and it did not come. */
  isRefetchError: boolean;
}

interface FreshnessProps {
  /** What the page shows. */
  of: Answered | Answered[];
  /** Does the server tell this person of changes? Else they are asked for each minute. */
  isTold?: boolean;
}

/** One honest line about how fresh the page is. */
export function Freshness({ of, isTold = true }: FreshnessProps) {
  const { shown, lastLiveAt } = useLiveState();
  const timezone = useTimezone();
  const all = [of].flat();
  const failed = all.filter(({ isRefetchError }) => isRefetchError);
  const oldest = (some: Answered[]) => Math.min(...some.map(({ dataUpdatedAt }) => dataUpdatedAt));
  if (failed.length > 0) return <>{`May be out of date. Last updated ${timeOf(oldest(failed), timezone)}.`}</>;
  if (shown === 'live') return <>{isTold ? 'Changes appear here by themselves.' : 'Changes appear here within a minute.'}</>;
  if (shown === 'connecting') return <>Connecting…</>;
  const came = all.filter(({ dataUpdatedAt }) => dataUpdatedAt > 0);
  if (came.length === 0) return <>Not connected.</>;
  const last = Math.max(oldest(came), lastLiveAt ?? 0);
  return <>{`May be out of date. Last updated ${timeOf(last, timezone)}.`}</>;
}
