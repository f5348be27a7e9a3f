import { isRecord } from "../../core/check";
import { DeltawasmError } from "../../core/errors";
import { show } from "../../core/show";
import type { Cell, Table } from "../table";
import { checkCell } from "./cells";

/** A row: cells by the names of their columns, or cells in the order of the columns. */
export type TableRow = Readonly<Record<string, Cell>> | readonly Cell[];

/** Rows of a table: a table with its own columns, or rows alone. */
export type TableRows = Table | readonly TableRow[];

/** Throws unless it is a table: names of columns, each another, and rows as long. @throws DeltawasmError type, shape, empty, conflict */
export function checkTable(name: string, table: unknown): Table {
  if (!isRecord(table) || !Array.isArray(table.columns) || !Array.isArray(table.rows)) {
    throw new DeltawasmError("type", `${name}: expected a table, { columns, rows }, got ${show(table)}`);
  }
  const { columns, rows } = table as unknown as Table;
  if (columns.length === 0) throw new DeltawasmError("empty", `${name}.columns: expected at least one column, got none`);
  const seen = new Set<string>();
  for (const [n, column] of columns.entries()) {
    if (typeof column !== "string") throw new DeltawasmError("type", `${name}.columns[${n}]: expected a name, got ${show(column)}`);
    if (seen.has(column)) throw new DeltawasmError("conflict", `${name}.columns[${n}]: two columns are named ${show(column)}: give each another name`);
    seen.add(column);
  }
  for (let n = 0; n < rows.length; n++) checkLength(`${name}.rows[${n}]`, rows[n], [columns.length]);
  return { columns, rows };
}

function checkLength(where: string, row: unknown, lengths: readonly number[]): void {
  if (!Array.isArray(row)) throw new DeltawasmError("type", `${where}: expected an array of cells, got ${show(row)}`);
  if (!lengths.includes(row.length)) throw new DeltawasmError("shape", `${where}: expected ${lengths.join(" or ")} cells, one a column, got ${row.length}`);
}

/** Reads cells of rows in any of their forms, by the columns that an encoder knows. */
export class RowReader {
  /** How many rows there are. */
  readonly rows: number;
  readonly #name: string;
  readonly #cell: (row: number, column: string) => unknown;

  /**
   * @param columns those of training, in their order
   * @param target the column that may be left out of rows that are arrays
   * @throws DeltawasmError type, shape, empty, conflict
   */
  constructor(name: string, given: TableRows, columns: readonly string[], target: string) {
    this.#name = name;
    if (Array.isArray(given)) {
      this.rows = given.length;
      this.#cell = cellsOfRows(name, given as readonly TableRow[], columns, target);
    } else {
      const table = checkTable(name, given);
      this.rows = table.rows.length;
      const places = new Map(table.columns.map((column, n) => [column, n]));
      this.#cell = (row, column) => table.rows[row][this.#placeOf(places, column, `${name}.columns`)];
    }
    if (this.rows === 0) throw new DeltawasmError("empty", `${name}: expected at least one row, got none`);
  }

  /** Where a cell is, for messages. */
  where(row: number, column: string): () => string {
    return () => `${this.#name}: row ${row}, column ${show(column)}`;
  }

  /** @throws DeltawasmError type, shape, nonFinite, range */
  cell(row: number, column: string): Cell {
    return checkCell(this.where(row, column), this.#cell(row, column));
  }

  #placeOf(places: ReadonlyMap<string, number>, column: string, where: string): number {
    const place = places.get(column);
    if (place === undefined) throw lacks(where, column, [...places.keys()]);
    return place;
  }
}

function cellsOfRows(name: string, rows: readonly TableRow[], columns: readonly string[], target: string): (row: number, column: string) => unknown {
  const all = new Map(columns.map((column, n) => [column, n]));
  const inputs = new Map(columns.filter((column) => column !== target).map((column, n) => [column, n]));
  for (const [n, row] of rows.entries()) {
    const where = `${name}[${n}]`;
    if (Array.isArray(row)) checkLength(where, row, [all.size, inputs.size]);
    else if (!isRecord(row)) throw new DeltawasmError("type", `${where}: expected a row, cells by the names of their columns or an array of cells, got ${show(row)}`);
  }
  return (n, column) => {
    const row = rows[n];
    if (Array.isArray(row)) {
      const place = (row.length === all.size ? all : inputs).get(column);
      if (place === undefined) throw new DeltawasmError("shape", `${name}[${n}]: expected ${all.size} cells, with that of ${show(column)}, got ${row.length}`);
      return row[place];
    }
    if (!Object.hasOwn(row, column)) throw lacks(`${name}[${n}]`, column, Object.keys(row));
    return (row as Readonly<Record<string, Cell>>)[column];
  };
}

function lacks(where: string, column: string, there: readonly string[]): DeltawasmError {
  const list = there.slice(0, 12).map(show).join(", ");
  return new DeltawasmError("shape", `${where}: expected a column ${show(column)}, as in training; there are ${list || "none"}: give null where a value isn't known`);
}
