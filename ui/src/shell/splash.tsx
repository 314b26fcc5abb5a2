import { Lamp } from '../kit/lamp.tsx';

/** The same picture as in index.html, so that nothing moves until the page is there. */
export function Splash() {
  return (
    <div className="boot" role="status">
      <Lamp size={56} />
      <span>Opening Lamplight…</span>
    </div>
  );
}
