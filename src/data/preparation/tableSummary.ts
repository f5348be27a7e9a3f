import { DeltawasmError } from "../../core/errors";
import { show } from "../../core/show";
import type { Table } from "../table";
import { checkCell } from "./cells";
import { fitCategories } from "./categoryEncoding";
import { type ColumnType, columnTypeOf, type Decision, type Task, taskOf, unreadDates } from "./columnTypes";
import { fitDates } from "./dateEncoding";
import { fitNumbers } from "./numberEncoding";
import { checkTableOptions, type Settings, type TableOptions } from "./options";
import { ColumnSummary } from "./summary";
import type { FeatureEncoding } from "./tableEncoder";
import { fitTarget, type TargetEncoding } from "./targetEncoding";
import { checkTable } from "./tableRows";

/** What was found in a column, and what becomes of it. */
export interface ColumnInfo {
  /** The column. */
  name: string;
  /** What it is taken as; "target" is the one to be told. */
  type: ColumnType | "target";
  /** Of the target: what is to be told. */
  task?: Task;
  /** Rows in which it has no value. */
  missing: number;
  /** Different values; those beyond 10,000 are counted each time they come. */
  distinct: number;
  /** Why it is left out, or what is done with some of its cells. */
  note?: string;
}

const NUMBERED_CLASSES = "its numbers are taken as names of classes, for they are few and whole; task \"regression\" takes them as numbers";

/** What was fitted. */
export interface FittedTable {
  columns: readonly string[];
  features: readonly FeatureEncoding[];
  target: TargetEncoding;
}

/**
 * Goes over the rows of a table, or of parts of one that doesn't fit into memory, and decides what becomes of its columns. What it holds does
 * not grow with the rows: quantiles are those of 16,384 of them.
 */
export class TableSummary {
  readonly #options: Settings;
  #columns: ColumnSummary[] = [];
  #rows = 0;

  /** @throws DeltawasmError type, range, unknown */
  constructor(options: TableOptions) {
    this.#options = checkTableOptions(options);
  }

  /** Takes rows. @throws DeltawasmError type, shape, empty, conflict, unknown, nonFinite, range */
  add(given: Table): void {
    const { columns, rows } = checkTable("table", given);
    if (this.#columns.length === 0) this.#begin(columns);
    const names = this.#columns.map(({ name }) => name);
    if (columns.length !== names.length || columns.some((column, n) => column !== names[n])) {
      throw new DeltawasmError("shape", `table.columns: expected ${names.slice(0, 12).map(show).join(", ")}, as in the first part, got ${columns.slice(0, 12).map(show).join(", ")}`);
    }
    for (const row of rows) {
      const number = this.#rows++;
      for (const [n, summary] of this.#columns.entries()) {
        const where = () => `table: row ${number}, column ${show(summary.name)}`;
        summary.add(where, checkCell(where, row[n]));
      }
    }
  }

  #begin(columns: readonly string[]): void {
    const { target, types } = this.#options;
    const list = columns.slice(0, 20).map(show).join(", ");
    if (!columns.includes(target)) throw new DeltawasmError("unknown", `target: there is no column ${show(target)}; there are ${list}`);
    for (const name of Object.keys(types)) {
      if (!columns.includes(name)) throw new DeltawasmError("unknown", `types: there is no column ${show(name)}; there are ${list}`);
      if (name === target) throw new DeltawasmError("conflict", `types: ${show(name)} is the target, whose type is the task: "classification" or "regression"`);
    }
    this.#columns = columns.map((name) => new ColumnSummary(name, this.#options.dateOrder));
  }

  /** What becomes of each column. */
  get columns(): ColumnInfo[] {
    return this.#columns.map((summary) => {
      const { name, missing, distinct } = summary;
      if (name === this.#options.target) {
        const task = this.#options.task ?? taskOf(summary);
        const note = this.#options.task === undefined && task === "classification" && summary.texts === 0 ? NUMBERED_CLASSES : undefined;
        return { name, type: "target", task, missing, distinct, ...(note === undefined ? {} : { note }) };
      }
      const { type, note } = this.#typeOf(summary);
      return { name, type, missing, distinct, ...(note === undefined ? {} : { note }) };
    });
  }

  #typeOf(summary: ColumnSummary): Decision<ColumnType> {
    const given = Object.hasOwn(this.#options.types, summary.name) ? this.#options.types[summary.name] : undefined;
    return given === undefined ? columnTypeOf(summary) : { type: given, ...(given === "ignored" ? { note: "as asked for" } : {}) };
  }

  /** Encodings of all columns. @throws DeltawasmError empty, range, type */
  finish(): FittedTable {
    if (this.#rows === 0) throw new DeltawasmError("empty", "table: expected rows to be fitted to, got none");
    const target = fitTarget(this.#columns.find(({ name }) => name === this.#options.target)!, this.#options.task);
    const features = this.#columns.filter(({ name }) => name !== this.#options.target).map((summary) => this.#encodingOf(summary));
    if (features.every(({ type }) => type === "ignored")) {
      const reasons = this.columns.filter(({ type }) => type === "ignored").map(({ name, note }) => `${show(name)}: ${note}`).slice(0, 6).join("; ");
      throw new DeltawasmError("empty", `table: no column is left to learn from (${reasons || "there is none but the target"}): add columns, or give their types`);
    }
    return { columns: this.#columns.map(({ name }) => name), features, target };
  }

  #encodingOf(summary: ColumnSummary): FeatureEncoding {
    const { type, note } = this.#typeOf(summary);
    const { name, present, numbers, dates, texts, someTexts, hasMoreTexts } = summary;
    if (type === "ignored") return { name, type, note: note ?? "" };
    if (type === "category") return fitCategories(summary, this.#options.maxCategories);
    if (type === "date" && summary.unread > 0) throw new DeltawasmError("type", `types: column ${show(name)}: ${unreadDates(summary)}`);
    if ((type === "number" ? numbers : dates).count === 0) {
      throw new DeltawasmError("type", `types: column ${show(name)} has no ${type} in any of ${present} cells with a value`);
    }
    if (type === "number" && hasMoreTexts) {
      throw new DeltawasmError("type", `types: column ${show(name)} has many cells that are no numbers, such as ${[...someTexts].slice(0, 3).map(show).join(", ")}`);
    }
    if (type === "number") return fitNumbers(summary, this.#options.pieces);
    if (dates.count < present) {
      throw new DeltawasmError("type", `types: column ${show(name)} has cells that are no dates such as "2024-01-31"${texts > 0 ? `: ${show([...someTexts][0])}` : ""}`);
    }
    return fitDates(summary);
  }
}

/**
 * What each column of a table is taken as, and why: numbers, categories, dates, or nothing that helps.
 *
 * @throws DeltawasmError `type`, `shape`, `unknown`, `conflict`, `nonFinite`, `range`, `empty`
 *
 * @example for (const { name, type, note } of inferColumns(table, { target: "species" })) console.log(name, type, note ?? "");
 */
export function inferColumns(table: Table, options: TableOptions): ColumnInfo[] {
  const summary = new TableSummary(options);
  summary.add(table);
  return summary.columns;
}
