import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { type Cell, type CsvOptions, readCsv, readJson, type Source, streamCsv, streamJsonLines, type Table } from "deltawasm/data";
import { DeltawasmError } from "deltawasm";
import { Mistake } from "./mistake";

/** How tables are read. */
export interface TableFileOptions {
  delimiter?: string;
  /** False: the first row is data. */
  header?: boolean;
  decimal?: "." | ",";
  encoding?: string;
}

/** Standard input. */
export const STDIN = "-";

/** What people call it. */
export const nameOf = (path: string) => (path === STDIN ? "standard input" : path);

/** Its bytes. */
export function sourceOf(path: string): Source {
  return path === STDIN ? process.stdin : createReadStream(path);
}

/** Bytes from which on a table is not held in memory, where its cells take ten times as many; packed ones count as four. */
const LARGE = 2 ** 25;

/** Bytes of a file that is to be read in parts, again and again; undefined of one that is read whole: a short one, JSON, or standard input. */
export async function sizeOfLarge(path: string): Promise<number | undefined> {
  if (path === STDIN || kindOf(path) !== "csv") return undefined;
  const { size } = await stat(path);
  return size * (path.toLowerCase().endsWith(".gz") ? 4 : 1) > LARGE ? size : undefined;
}

function csvOptions({ delimiter, header, decimal, encoding }: TableFileOptions): CsvOptions {
  return {
    ...(delimiter === undefined ? {} : { delimiter: delimiter === "\\t" || delimiter === "tab" ? "\t" : delimiter }),
    ...(header === false ? { header: false } : {}),
    ...(decimal === undefined ? {} : { decimal }),
    ...(encoding === undefined ? {} : { encoding }),
  };
}

type Kind = "csv" | "json" | "lines";

/** By the name, without .gz: those that don't say are CSV. */
function kindOf(path: string): Kind {
  const name = path.toLowerCase().replace(/\.gz$/, "");
  if (name.endsWith(".json")) return "json";
  return /\.(ndjson|jsonl)$/.test(name) ? "lines" : "csv";
}

/** Messages of the readers begin with the format; people look for the file, and type options. */
function named(path: string, error: unknown): unknown {
  const format = /^(csv|json): /;
  if (!(error instanceof DeltawasmError) || !format.test(error.message)) return error;
  return new Mistake(error.message.replace(format, `${nameOf(path)}: `).replace('such as { encoding: "windows-1252" }', "such as --encoding windows-1252"));
}

/** What the library says of rows, in the words of a file: rows are counted from 1, those before them too, and cells are empty. */
export function ofFile(path: string, error: unknown, before = 0): unknown {
  if (!(error instanceof DeltawasmError) || !/^(rows|table)(\.columns)?: /.test(error.message)) return error;
  return new Mistake(error.message.replace(/^(rows|table)(\.columns)?: /, `${nameOf(path)}: `)
    .replace(/: row (\d+), column/, (_, row: string) => `: row ${Number(row) + before + 1}, column`)
    .replace("or null where there is none", "or an empty cell where there is none")
    .replace(/: give null where a value isn't known$/, ": add it, with empty cells where a value isn't known"));
}

/** A table from a file: CSV, JSON or JSON Lines, also packed by gzip. */
export async function readTable(path: string, options: TableFileOptions): Promise<Table> {
  try {
    return kindOf(path) === "csv" ? await readCsv(sourceOf(path), csvOptions(options)) : await readJson(sourceOf(path));
  } catch (error) {
    throw named(path, error);
  }
}

/** The same in parts, for files that may be larger than memory. `onRead` is told how many bytes were read. */
export async function* readTables(path: string, options: TableFileOptions, onRead?: (bytes: number) => void): AsyncGenerator<Table, void, undefined> {
  let isEmpty = true;
  for await (const table of tablesOf(path, options, onRead)) {
    isEmpty = false;
    yield table;
  }
  if (isEmpty) throw noRows(path);
}

/** The mistake of a file that has a header alone. */
export const noRows = (path: string) => new Mistake(`${nameOf(path)}: has names of columns, and no row below them`);

async function* tablesOf(path: string, options: TableFileOptions, onRead: ((bytes: number) => void) | undefined): AsyncGenerator<Table, void, undefined> {
  try {
    if (kindOf(path) === "csv") yield* streamCsv(onRead ? told(sourceOf(path), onRead) : sourceOf(path), csvOptions(options));
    else if (kindOf(path) === "lines") yield* streamJsonLines(sourceOf(path));
    else yield await readJson(sourceOf(path));
  } catch (error) {
    throw named(path, error);
  }
}

async function* told(source: Source, onRead: (bytes: number) => void): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  for await (const piece of source as AsyncIterable<Uint8Array>) {
    yield piece;
    bytes += piece.length;
    onRead(bytes);
  }
}

/** "iris" of "data/iris.csv.gz". */
export function stem(path: string): string {
  return path === STDIN ? "model" : basename(path).replace(/\.gz$/i, "").replace(/\.[^.]*$/, "") || "model";
}

/** A row of a CSV file, as RFC 4180 has it. */
export function csvRow(cells: readonly Cell[]): string {
  return `${cells.map((cell) => {
    const text = cell === null || cell === undefined ? "" : String(cell);
    return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }).join(",")}\n`;
}
