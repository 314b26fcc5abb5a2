import { useEffect, useState, type RefObject } from 'react';

/**
 * For a dialog that is taken off the page when it closes: the focus goes back to where it came from. When that is gone
 * too (the row was deleted, the menu has closed) or can't be pressed any more, it goes to `otherwise`, or to the heading
 * of the page.
 */
export function useReturnFocus(otherwise?: RefObject<HTMLElement | null>): void {
  const [from] = useState(() => document.activeElement);
  useEffect(() => () => {
    requestAnimationFrame(() => {
      // Somebody has put it elsewhere on purpose.
      if (document.activeElement !== null && document.activeElement !== document.body) return;
      const back = from instanceof HTMLElement && from !== document.body && from.isConnected && !from.matches(':disabled') ? from : otherwise?.current ?? document.querySelector<HTMLElement>('main h1');
      back?.focus({ preventScroll: true });
    });
  }, [from, otherwise]);
}
