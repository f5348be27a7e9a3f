import { checkInteger, checkOptions, isRecord } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { type Source, textOf } from "./bytes";
import type { Cell, Table } from "./table";

/** How JSON Lines are read in parts. */
export interface JsonStreamOptions {
  /** Rows of a table; the last may have fewer. From 1; default 4096. */
  rows?: number;
}

const NAME = "json";

function parse(where: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DeltawasmError("file", `${where}: not JSON (${(error as Error).message.slice(0, 100)})`);
  }
}

/** A row, whose cells are plain. */
function checkRow(where: string, row: unknown): Record<string, Cell> {
  if (!isRecord(row)) throw new DeltawasmError("file", `${where}: expected an object of cells, got ${show(row)}`);
  for (const [column, cell] of Object.entries(row)) {
    if (typeof cell === "object" && cell !== null) {
      throw new DeltawasmError("file", `${where}, ${show(column)}: expected text, a number, true, false or null, got ${show(cell)}; bring what is nested into columns of its own`);
    }
  }
  return row as Record<string, Cell>;
}

/** Rows as a table of all columns that one of them has, in the order of their first appearance. */
function tableOf(rows: readonly Record<string, Cell>[]): Table {
  const columns = new Set<string>();
  for (const row of rows) for (const column of Object.keys(row)) columns.add(column);
  const names = [...columns];
  return { columns: names, rows: rows.map((row) => names.map((name) => (Object.hasOwn(row, name) ? row[name] : null))) };
}

/** Lines that aren't empty, with their numbers from 1. */
async function* linesOf(source: Source): AsyncGenerator<{ line: string; number: number }, void, undefined> {
  let rest = "";
  let number = 0;
  for await (const text of textOf(NAME, source)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      number++;
      if (line.trim() !== "") yield { line, number };
    }
  }
  if (rest.trim() !== "") yield { line: rest, number: number + 1 };
}

/**
 * Reads rows in JSON whole: an array of objects, or JSON Lines, an object a line. Gzip is unpacked. The columns are all keys, in the order of
 * their first appearance; what a row doesn't have is null.
 *
 * @throws DeltawasmError `file` for what is no JSON, or no rows of plain cells; `empty`, `type`; what the source throws, as it is
 *
 * @example const table = await readJson(await fetch("/rows.json").then(({ body }) => body!));
 */
export async function readJson(source: Source): Promise<Table> {
  let text = "";
  for await (const piece of textOf(NAME, source)) text += piece;
  const rows: Record<string, Cell>[] = [];
  if (text.trimStart().startsWith("[")) {
    (parse(NAME, text) as unknown[]).forEach((row, n) => rows.push(checkRow(`${NAME}: row ${n + 1}`, row)));
  } else {
    for await (const { line, number } of linesOf(text)) rows.push(checkRow(`${NAME}: line ${number}`, parse(`${NAME}: line ${number}`, line)));
  }
  if (rows.length === 0) throw new DeltawasmError("empty", `${NAME}: expected rows, got none`);
  return tableOf(rows);
}

/**
 * Reads JSON Lines that may be larger than memory: as tables of `options.rows` rows, each with the columns that its rows have.
 *
 * @throws DeltawasmError as `readJson`, when the table with the mistake is asked for
 *
 * @example for await (const table of streamJsonLines(createReadStream("rows.ndjson"))) console.log(table.rows.length);
 */
export async function* streamJsonLines(source: Source, options: JsonStreamOptions = {}): AsyncGenerator<Table, void, undefined> {
  const { rows: count = 4096 }: JsonStreamOptions = checkOptions("options", options, ["rows"]);
  checkInteger("options.rows", count, 1);
  let waiting: Record<string, Cell>[] = [];
  let isEmpty = true;
  for await (const { line, number } of linesOf(source)) {
    waiting.push(checkRow(`${NAME}: line ${number}`, parse(`${NAME}: line ${number}`, line)));
    isEmpty = false;
    if (waiting.length < count) continue;
    yield tableOf(waiting);
    waiting = [];
  }
  if (waiting.length > 0) yield tableOf(waiting);
  if (isEmpty) throw new DeltawasmError("empty", `${NAME}: expected rows, got none`);
}
