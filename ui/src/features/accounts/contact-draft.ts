/** How a student can be reached, as they write it, and how it goes to the server. Pure. */
import type { OwnContact, OwnProfile } from '../../kit/wire.ts';

export const labels = { contactNumber: 'Telephone', alternateContact: 'Number in an emergency', address: 'Address', guardianDetails: 'Guardian' } as const;

export type Field = keyof typeof labels;
export type Draft = Record<Field, string>;

export const fields = Object.keys(labels) as Field[];

export const draftOf = ({ contactNumber, alternateContact, address, guardianDetails }: OwnProfile): Draft => ({ contactNumber, alternateContact, address, guardianDetails });

/** What differs from what is stored. An empty text clears. */
export const changes = (draft: Draft, base: Draft): OwnContact => Object.fromEntries(fields.filter((field) => draft[field].trim() !== base[field]).map((field) => [field, draft[field].trim()]));
