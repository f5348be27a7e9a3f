import { checkName, checkOptions, isRecord } from "../../core/check";
import { DeltawasmError } from "../../core/errors";
import { show } from "../../core/show";
import type { Table } from "../table";
import { type CategoryEncoding, categoryWidth, Names, readCategoryEncoding, writeCategory } from "./categoryEncoding";
import { type DateEncoding, dateWidth, readDateEncoding, writeDate } from "./dateEncoding";
import { fromFile, readArray, readText, readTexts } from "./file";
import { isMissing } from "./cells";
import { type NumberEncoding, numberWidth, readNumberEncoding, writeNumber } from "./numberEncoding";
import type { TableOptions } from "./options";
import { type ColumnInfo, TableSummary } from "./tableSummary";
import { RowReader, type TableRows } from "./tableRows";
import { encodeTarget, readTarget, type TargetEncoding } from "./targetEncoding";
import type { Task } from "./columnTypes";

/** A column that nothing is learned from. */
export interface IgnoredColumn {
  /** The column. */
  name: string;
  /** What it is. */
  type: "ignored";
  /** Why. */
  note: string;
}

/** How a column becomes inputs of a network. */
export type FeatureEncoding = NumberEncoding | CategoryEncoding | DateEncoding | IgnoredColumn;

/** An encoder as plain data. */
export interface TableEncoderJson {
  /** Names of all columns, in their order, the target's among them. */
  columns: readonly string[];
  /** What becomes of the columns, but for the target. */
  features: readonly FeatureEncoding[];
  /** What is to be told. */
  target: TargetEncoding;
}

/** A feature, and how its cells are written. */
interface Feature {
  encoding: Exclude<FeatureEncoding, IgnoredColumn>;
  width: number;
  /** Of a category. */
  names: Names | undefined;
}

/**
 * Turns rows of a table into inputs of a network, and its target into targets, by what was fitted to training rows: plain data that is saved
 * with the network.
 *
 * Numbers are standardised (their logarithms, where they are heavily skewed); missing ones become the median, and an input tells it. Longer
 * tables give numbers pieces as well: inputs that each grow within one part of their range. Categories get an input each, rare ones one
 * together; a missing one is a category of its own. Dates become days and a place in the year. Columns that tell nothing are left out.
 *
 * @example
 * const encoder = TableEncoder.fit(table, { target: "species" });
 * const { x, y } = encoder.encodeData(table);
 */
export class TableEncoder {
  /** Names of all columns, in their order, the target's among them. */
  readonly columns: readonly string[];
  /** What becomes of the columns, but for the target. */
  readonly features: readonly FeatureEncoding[];
  /** What is to be told. */
  readonly target: TargetEncoding;
  /** Numbers that a row becomes. */
  readonly inputs: number;
  readonly #features: Feature[];
  readonly #labels: Names;

  private constructor({ columns, features, target }: TableEncoderJson) {
    this.columns = columns;
    this.features = features;
    this.target = target;
    this.#features = features.filter((encoding) => encoding.type !== "ignored").map((encoding) => ({
      encoding, width: widthOf(encoding), names: encoding.type === "category" ? new Names(encoding.categories) : undefined,
    }));
    this.inputs = this.#features.reduce((sum, { width }) => sum + width, 0);
    this.#labels = new Names(target.task === "classification" ? target.labels : []);
  }

  /**
   * Fits an encoder to the rows of a table: training rows alone, or what it is judged by is not new to it.
   *
   * @throws DeltawasmError `type`, `shape`, `unknown`, `conflict`, `nonFinite`, `range`, `empty`
   */
  static fit(table: Table, options: TableOptions): TableEncoder {
    return TableEncoder.fitter(options).add(table).finish();
  }

  /**
   * Fits an encoder to parts of a table that come one after the other, so that it need not fit into memory.
   *
   * @throws DeltawasmError `type`, `range`, `unknown`
   *
   * @example
   * const fitter = TableEncoder.fitter({ target: "price" });
   * for await (const part of parts) fitter.add(part);
   * const encoder = fitter.finish();
   */
  static fitter(options: TableOptions): TableFitter {
    return new TableFitter(new TableSummary(options), (json) => new TableEncoder(json));
  }

  /** What is to be told: a class or a number. */
  get task(): Task {
    return this.target.task;
  }

  /** Names of the classes, in the order of the network's outputs; of a number none. */
  get labels(): readonly string[] {
    return this.target.task === "classification" ? this.target.labels : [];
  }

  /** Outputs that a network needs: one for each class, or one. */
  get outputs(): number {
    return this.target.task === "classification" ? this.target.labels.length : 1;
  }

  /**
   * Rows as inputs, rows × `inputs`. Cells may be typed or text; columns that were left out need not be there.
   *
   * @param rows a table, or rows: objects by the names of columns, or arrays in the order of `columns`, with or without the target's cell
   * @throws DeltawasmError `type`, `shape`, `empty`, `nonFinite`, `range`, `conflict`
   */
  encode(rows: TableRows): Float32Array {
    const reader = this.#reader(rows);
    const out = new Float32Array(reader.rows * this.inputs);
    for (let row = 0; row < reader.rows; row++) this.#write(reader, row, out, row * this.inputs);
    return out;
  }

  /**
   * The targets of rows, one number each: the index of the class in `labels`, or the scaled number.
   *
   * @throws DeltawasmError `type`, `shape`, `empty` (a row has no target), `label`, `nonFinite`, `range`, `conflict`
   */
  encodeTarget(rows: TableRows): Float32Array {
    const reader = this.#reader(rows);
    return Float32Array.from({ length: reader.rows }, (_, row) => this.#targetOf(reader, row));
  }

  /**
   * Inputs and targets, as a trainer takes them, of the rows that have a target; the others are left out.
   *
   * @throws DeltawasmError `type`, `shape`, `empty` (no row has a target), `label`, `nonFinite`, `range`, `conflict`
   */
  encodeData(rows: TableRows): { x: Float32Array; y: Float32Array } {
    const reader = this.#reader(rows);
    const { name } = this.target;
    const chosen = Array.from({ length: reader.rows }, (_, row) => row).filter((row) => !isMissing(reader.cell(row, name)));
    if (chosen.length === 0) throw new DeltawasmError("empty", `rows: none of ${reader.rows} has a value of the target ${show(name)}`);
    const x = new Float32Array(chosen.length * this.inputs);
    for (const [n, row] of chosen.entries()) this.#write(reader, row, x, n * this.inputs);
    return { x, y: Float32Array.from(chosen, (row) => this.#targetOf(reader, row)) };
  }

  #reader(rows: TableRows): RowReader {
    return new RowReader("rows", rows, this.columns, this.target.name);
  }

  #targetOf(reader: RowReader, row: number): number {
    const { name } = this.target;
    return encodeTarget(this.target, this.#labels, reader.where(row, name), reader.cell(row, name));
  }

  #write(reader: RowReader, row: number, out: Float32Array, start: number): void {
    let at = start;
    for (const { encoding, width, names } of this.#features) {
      const cell = reader.cell(row, encoding.name);
      if (encoding.type === "category") writeCategory(encoding, names!, cell, out, at);
      else (encoding.type === "number" ? writeNumber : writeDate)(encoding as never, reader.where(row, encoding.name), cell, out, at);
      at += width;
    }
  }

  /** The encoder as plain data. */
  toJSON(): TableEncoderJson {
    const { columns, features, target } = this;
    return { columns, features, target };
  }

  /** An encoder from what `toJSON` gave. @throws DeltawasmError `file` for anything else */
  static fromJSON(json: unknown): TableEncoder {
    return fromFile("encoder", () => {
      const given = checkOptions("encoder", json, ["columns", "features", "target"]);
      const columns = readTexts("encoder.columns", given.columns);
      const target = readTarget("encoder.target", given.target);
      const features = readArray("encoder.features", given.features, readFeature);
      const names = [...features.map(({ name }) => name), target.name].sort();
      if (names.length !== columns.length || [...columns].sort().some((column, n) => column !== names[n])) {
        throw new DeltawasmError("conflict", "encoder.features: expected each column but the target once");
      }
      if (features.every(({ type }) => type === "ignored")) throw new DeltawasmError("empty", "encoder.features: expected a column that is not left out");
      return new TableEncoder({ columns, features, target });
    });
  }
}

/** Fits an encoder to parts of a table, in the order in which they come. */
export class TableFitter {
  readonly #summary: TableSummary;
  readonly #make: (json: TableEncoderJson) => TableEncoder;

  /** @internal */
  constructor(summary: TableSummary, make: (json: TableEncoderJson) => TableEncoder) {
    this.#summary = summary;
    this.#make = make;
  }

  /**
   * Takes more rows, of the same columns.
   *
   * @throws DeltawasmError `type`, `shape`, `unknown`, `conflict`, `nonFinite`, `range`, `empty`; the fitter can't be used then
   */
  add(table: Table): this {
    this.#summary.add(table);
    return this;
  }

  /** What becomes of each column, by the rows that were added. */
  get columns(): ColumnInfo[] {
    return this.#summary.columns;
  }

  /** The encoder. @throws DeltawasmError `empty`, `range`, `type` */
  finish(): TableEncoder {
    return this.#make(this.#summary.finish());
  }
}

function widthOf(encoding: Feature["encoding"]): number {
  if (encoding.type === "number") return numberWidth(encoding);
  return encoding.type === "category" ? categoryWidth(encoding) : dateWidth(encoding);
}

function readFeature(where: string, json: unknown): FeatureEncoding {
  if (!isRecord(json)) throw new DeltawasmError("type", `${where}: expected an object, got ${show(json)}`);
  const name = readText(`${where}.name`, json.name);
  const type = checkName(`${where}.type`, json.type, ["number", "category", "date", "ignored"]);
  if (type === "number") return readNumberEncoding(where, json, name);
  if (type === "category") return readCategoryEncoding(where, json, name);
  if (type === "date") return readDateEncoding(where, json, name);
  return { name, type, note: readText(`${where}.note`, checkOptions(where, json, ["name", "type", "note"]).note) };
}
