/** A file of rows that the server has read: what each row would do. Nothing is done before the plan is applied. */
export interface PlannedRow {
  /** As a spreadsheet numbers it. */
  row: number;
  action: 'add' | 'change' | 'same' | 'refused';
}

export interface ImportPlan<R extends PlannedRow> {
  _id: string;
  fileName: string;
  total: number;
  add: number;
  change: number;
  same: number;
  refused: number;
  rows: R[];
}

const order: Record<PlannedRow['action'], number> = { refused: 0, change: 1, add: 2, same: 3 };

/** What has to be looked at comes first; within that the order of the file stays. */
export const problemsFirst = <R extends PlannedRow>(rows: readonly R[]): R[] => rows.toSorted((one, other) => order[one.action] - order[other.action] || one.row - other.row);
