import { timeOf } from '../kit/format.ts';
import { useTimezone } from '../kit/institute.ts';
import { useLiveState } from './live.tsx';

/** One honest line about how fresh the page is. `at`: when its data last came, in milliseconds; 0 for never. */
export function Freshness({ at }: { at: number }) {
  const { shown, lastLiveAt } = useLiveState();
  const timezone = useTimezone();
  if (shown === 'live') return <>Changes appear here by themselves.</>;
  if (shown === 'connecting') return <>Connecting…</>;
  if (at === 0) return <>Not connected.</>;
  const last = Math.max(at, lastLiveAt ?? 0);
  return <>{`May be out of date. Last updated ${timeOf(last, timezone)}.`}</>;
}
