/** Material may be opened until the end of its last day, by the calendar of the institute. */
export function hasExpired(item: { expiryDate?: string | null }, today: string): boolean {
  // Days written YYYY-MM-DD are in order when their letters are. A full timestamp counts by its day.
  return item.expiryDate !== null && item.expiryDate !== undefined && item.expiryDate !== '' && item.expiryDate.slice(0, 10) < today;
}
