/** The same list with this record as the server has made it: it stands there before the list is asked for again, so that whoever changes it once more at once changes that. */
export const replaced = <T extends { _id: string }>(list: readonly T[], record: T): T[] => list.map((one) => (one._id === record._id ? record : one));
