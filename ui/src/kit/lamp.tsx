/** The mark of Lamplight: a lamp carried through a ward at night. */
export function Lamp({ size = 32 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="#0b5f66" />
      <path d="M16 5.5c2.6 2.6 3.6 4.3 3.6 6.1a3.6 3.6 0 0 1-7.2 0c0-1.8 1-3.5 3.6-6.1Z" fill="#ffc247" />
      <path d="M6.2 17.2h16.6c.2-1.3 1.2-2.2 2.5-2.2h1.2v2h-.9c-.8 0-1.2.5-1.3 1.3-.5 3.7-3.5 6.4-7.3 6.4h-2.2c-4.3 0-7.7-3-8.6-7.5Z" fill="#fff" />
      <path d="M11.2 26.2h9.6" stroke="#fff" strokeWidth="2" strokeLinecap="round" />
    </svg>
  );
}
