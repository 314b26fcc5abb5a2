import { useSearchParams } from 'react-router';

/**
 * A filter that lives in the address: it survives a reload and the way back. Empty means not filtered.
 * `names` must be the same array each time.
 */
export function useAddressFilter<N extends string>(names: readonly N[]): [Record<N, string>, (change: Partial<Record<N, string>>) => void] {
  const [params, setParams] = useSearchParams();
  const filter = Object.fromEntries(names.map((name) => [name, params.get(name) ?? ''])) as Record<N, string>;
  const set = (change: Partial<Record<N, string>>) => {
    setParams(() => {
      // As the address is now: what this page was drawn from may be older, when somebody went on while a search was waiting.
      const next = new URLSearchParams(window.location.search);
      for (const [name, value] of Object.entries<string | undefined>(change)) {
        if (value === undefined || value === '') next.delete(name);
        else next.set(name, value);
      }
      return next;
    }, { replace: true });
  };
  return [filter, set];
}
