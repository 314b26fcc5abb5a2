/** The page to open after signing in: only ever a page of ours. */
export function nextAddress(wanted: string | null): string {
  if (wanted === null || !wanted.startsWith('/') || wanted.startsWith('//') || wanted.includes('\\') || wanted.startsWith('/sign-in')) return '/';
  return wanted;
}

export function signInAddress(from: string): string {
  return from === '/' || from === '' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(from)}`;
}
