import { inferColumns, splitIndices, type Table, TableEncoder, type TableOptions, takeRows } from "deltawasm/data";
import { checkNumber } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { isMissing, textOf } from "../data/preparation/cells";

/** How a table is divided. */
export interface SplitTableOptions extends TableOptions {
  /** Share of the rows that is held back, above 0, below 1. */
  share: number;
  /** Of the random order, from 0. Default 0. */
  seed?: number;
}

/**
 * Divides the rows that have a target into those to learn from and those that are held back. Of each class its share is held back; a class that has
 * too few rows for that is learned from.
 *
 * @throws DeltawasmError `type`, `range`, `unknown`; `empty` where no row has a target, or none would be held back or left
 */
export function splitTable(table: Table, { share, seed = 0, ...options }: SplitTableOptions): { training: Table; held: Table } {
  checkNumber("options.share", share, { above: 0, below: 1 });
  const target = table.columns.indexOf(options.target);
  const { task } = inferColumns(table, options)[target];
  const complete = withTarget(table, options.target);
  if (complete.rows.length === 0) throw new DeltawasmError("empty", `table: none of ${table.rows.length} rows has a value of the target ${show(options.target)}`);
  const targets = complete.rows.map((row) => textOf(row[target]));
  const parts = splitIndices(complete.rows.length, { validation: share, seed, ...(task === "classification" ? { stratify: targets } : {}) });
  if (task === "regression") return { training: takeRows(complete, parts.training), held: takeRows(complete, parts.validation) };
  const known = new Set(Array.from(parts.training, (row) => targets[row]));
  const isKnown = (row: number) => known.has(targets[row]);
  const held = takeRows(complete, parts.validation.filter(isKnown));
  if (held.rows.length === 0) {
    // A target that is no class says so.
    TableEncoder.fitter({ ...options, task: "classification" }).add(complete).finish();
    throw new DeltawasmError("empty", `options.share: of ${complete.rows.length} rows, ${share} of each class is no row; hold more back`);
  }
  return { training: takeRows(complete, [...parts.training, ...parts.validation.filter((row) => !isKnown(row))]), held };
}

/** The rows that have a target. */
export function withTarget({ columns, rows }: Table, target: string): Table {
  const place = columns.indexOf(target);
  return { columns, rows: rows.filter((row) => !isMissing(row[place])) };
}
