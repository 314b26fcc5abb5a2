export function greeting(hour: number, name: string): string {
  const time = hour < 4 ? 'Hello' : hour < 12 ? 'Good morning' : hour < 17 ? 'Good afternoon' : 'Good evening';
  return `${time}, ${name}`;
}

/** `Asha` of `Asha Thomas`; a title in front stays with the name. */
export function shortName(fullName: string): string {
  const parts = fullName.trim().split(/\s+/);
  const first = parts[0] ?? '';
  const isTitle = /^(dr|mr|mrs|ms|sr|sister|prof)\.?$/i.test(first);
  return isTitle ? fullName.trim() : first;
}
