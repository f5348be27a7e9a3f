import { DeltawasmError } from "../core/errors";

/** A cell as it was read: text, a number, a truth value, or nothing: a missing value. */
export type Cell = string | number | boolean | null | undefined;

/** Rows with named columns, as they were read from a file. */
export interface Table {
  /** Names of the columns, each another. */
  columns: readonly string[];
  /** Rows of as many cells as there are columns. */
  rows: readonly (readonly Cell[])[];
}

/**
 * The rows of a table by their numbers, such as `splitIndices` gives them.
 *
 * @throws DeltawasmError `range` for a row that the table doesn't have
 */
export function takeRows({ columns, rows }: Table, indices: ArrayLike<number>): Table {
  return {
    columns,
    rows: Array.from(indices, (row) => {
      if (!Object.hasOwn(rows, row)) throw new DeltawasmError("range", `indices: expected row numbers from 0 to ${rows.length - 1}, got ${row}`);
      return rows[row];
    }),
  };
}
