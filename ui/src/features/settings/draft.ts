/** The settings as the office writes them, and how they go to the server. Pure. */

/** The groups by name, each with its fields. */
export type Groups = Record<string, Record<string, string | number | boolean | null>>;

/** `general.instituteName` and its like: the name the server uses when it refuses one. */
export type Draft = Record<string, string>;

interface Words {
  label: string;
  description?: string;
}

/** What does something here, in plain words. */
export const words: Record<string, Words> = {
  'general.instituteName': { label: 'Name of the institute', description: 'Stands at the top of every page, in mails and on what is printed.' },
  'security.allowedFileTypes': { label: 'Types of file that may be uploaded', description: 'With commas between them, such as pdf, docx, png.' },
  'security.maxFileSize': { label: 'Largest file, in MB' },
};

export const groupTitles: Record<string, string> = { general: 'General', theme: 'Colours and pictures', notification: 'Notifications', security: 'Security', backup: 'Copies' };

/** `requireStrongPassword` as `Require strong password`. */
export const labelOf = (path: string): string => {
  const known = words[path]?.label;
  if (known !== undefined) return known;
  const text = (path.split('.').at(-1) ?? '').replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
};

export function draftOf(groups: Groups): Draft {
  return Object.fromEntries(Object.entries(groups).flatMap(([name, fields]) => Object.entries(fields).map(([field, value]) => [`${name}.${field}`, value === null ? '' : String(value)])));
}

export const isSwitch = (groups: Groups, path: string): boolean => typeof valueOf(groups, path) === 'boolean';

function valueOf(groups: Groups, path: string): Groups[string][string] | undefined {
  const [name = '', field = ''] = path.split('.');
  return groups[name]?.[field];
}

/** What differs from what is stored, as the kind of value it was. */
export function changes(draft: Draft, base: Draft, groups: Groups): Groups {
  const changed: Groups = {};
  for (const [path, text] of Object.entries(draft)) {
    if (text.trim() === base[path]) continue;
    const [name = '', field = ''] = path.split('.');
    const was = valueOf(groups, path);
    const number = Number(text);
    const isNumber = typeof was === 'number' && text.trim() !== '' && Number.isFinite(number);
    (changed[name] ??= {})[field] = typeof was === 'boolean' ? text === 'true' : isNumber ? number : text.trim();
  }
  return changed;
}

/** A value as people read it. */
export const inWords = (groups: Groups, path: string, value: string): string => (isSwitch(groups, path) ? (value === 'true' ? 'yes' : 'no') : value);
