/** Files to upload. */

export interface TestFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

/** The smallest thing that is a PDF, with something of its own in it. */
export function notes(words: string, name = 'notes.pdf'): TestFile {
  return { name, mimeType: 'application/pdf', buffer: Buffer.from(`%PDF-1.4\n% ${words}\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n`) };
}

/** A PDF by its name alone. */
export const mislabelled = (): TestFile => ({ name: 'lecture.pdf', mimeType: 'application/pdf', buffer: Buffer.from('PK\u0003\u0004 this is an archive that calls itself something else') });

export function large(megabytes: number): TestFile {
  return { name: 'film.pdf', mimeType: 'application/pdf', buffer: Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(megabytes * 1024 * 1024)]) };
}
