/** A cell as it was read: text, a number, a truth value, or nothing: a missing value. */
export type Cell = string | number | boolean | null | undefined;

/** Rows with named columns, as they were read from a file. */
export interface Table {
  /** Names of the columns, each another. */
  columns: readonly string[];
  /** Rows of as many cells as there are columns. */
  rows: readonly (readonly Cell[])[];
}
