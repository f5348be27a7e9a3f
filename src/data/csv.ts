import Papa from "papaparse";
import { checkInteger, checkName, checkOptions } from "../core/check";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { type Source, textOf } from "./bytes";
import { MISSING } from "./missing";
import type { Cell, Table } from "./table";

/** How a CSV file is read. */
export interface CsvOptions {
  /** What stands between two cells: one character. Default: the one of comma, semicolon, tab and bar that the first rows fit. */
  delimiter?: string;
  /** Whether the first row names the columns, or the names where the file has none. Default true. `false`: "column 1", "column 2" … */
  header?: boolean | readonly string[];
  /** The decimal mark of numbers. With "," 1.234,5 is read as 1234.5. Default ".". */
  decimal?: "." | ",";
  /** Texts that stand for a missing value. Default: nothing, NA, N/A, NaN, nan, null, NULL, None and ?. */
  missing?: readonly string[];
  /** The encoding of bytes, as TextDecoder names it. Default: UTF-8, or UTF-16 where the file begins with its mark. */
  encoding?: string;
}

/** How a CSV file is read in parts. */
export interface CsvStreamOptions extends CsvOptions {
  /** Rows of a table; the last may have fewer. From 1; default 4096. */
  rows?: number;
}

const DELIMITERS = [",", ";", "\t", "|"];
/** Characters by which the delimiter is guessed. */
const HEAD = 1 << 16;
/** Characters of the longest row: one that is longer has a quote that nobody closed. */
const LONGEST_ROW = 1 << 23;
const OPTIONS = ["delimiter", "header", "decimal", "missing", "encoding"];
/** A number with a decimal comma, and perhaps points between thousands. */
const WITH_COMMA = /^[+-]?(?:\d{1,3}(?:\.\d{3})+(?:,\d*)?|\d*,\d+|\d+,)(?:[eE][+-]?\d+)?$/;

interface Settings {
  delimiter: string | undefined;
  header: boolean | readonly string[];
  decimal: "." | ",";
  missing: ReadonlySet<string>;
  encoding: string | undefined;
}

function checkCsvOptions(given: CsvOptions, names: readonly string[]): Settings {
  const options: CsvOptions = checkOptions("options", given, names);
  const { delimiter, header = true, decimal = ".", missing = MISSING, encoding } = options;
  if (delimiter !== undefined && (typeof delimiter !== "string" || delimiter.length !== 1 || /["\r\n\ufeff]/.test(delimiter))) {
    throw new DeltawasmError("type", `options.delimiter: expected one character, no quote and no end of a line, got ${show(delimiter)}`);
  }
  const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((one) => typeof one === "string");
  if (typeof header !== "boolean" && !isTexts(header)) throw new DeltawasmError("type", `options.header: expected true, false or an array of names, got ${show(header)}`);
  checkName("options.decimal", decimal, [".", ","]);
  if (!isTexts(missing)) throw new DeltawasmError("type", `options.missing: expected an array of texts, got ${show(missing)}`);
  if (encoding !== undefined && typeof encoding !== "string") throw new DeltawasmError("type", `options.encoding: expected text, got ${show(encoding)}`);
  return { delimiter, header, decimal, missing: new Set(missing), encoding };
}

/** Reads the pieces of a CSV text, however they are cut. */
class CsvParser {
  /** Known once the first row was read. */
  columns: string[] | undefined;
  readonly #name: string;
  readonly #settings: Settings;
  #parser: Papa.Parser | undefined;
  #rest = "";
  /** Characters from which on they are parsed: twice those of a row that was not complete, so that a long one isn't parsed at each piece. */
  #enough = HEAD;
  /** Of the first row in `#rest`, from 1. */
  #line = 1;

  constructor(name: string, settings: Settings) {
    this.#name = name;
    this.#settings = settings;
    if (typeof settings.header === "object") this.columns = uniqueNames(settings.header);
  }

  /** The rows that another piece completes. */
  push(text: string): Cell[][] {
    this.#rest += text;
    // By much text, the delimiter is guessed well, and little is parsed twice.
    return this.#rest.length < this.#enough ? [] : this.#parse(false);
  }

  /** The rows that are left. @throws DeltawasmError empty */
  end(): Cell[][] {
    const rows = this.#parse(true);
    if (!this.columns) throw new DeltawasmError("empty", `${this.#name}: expected rows of cells, got an empty file`);
    return rows;
  }

  #parse(isLast: boolean): Cell[][] {
    // A carriage return at the end may have its line feed in the next piece.
    const isCut = !isLast && this.#rest.endsWith("\r");
    const text = (isCut ? this.#rest.slice(0, -1) : this.#rest).replace(/\r\n?/g, "\n");
    this.#parser ??= new Papa.Parser({ delimiter: this.#settings.delimiter ?? guessDelimiter(text), newline: "\n" });
    const { data, errors, meta } = this.#parser.parse(text, 0, !isLast) as Papa.ParseResult<string[]>;
    const rest = isLast ? "" : text.slice(meta.cursor);
    const lineOf = (row: number) => this.#line + data.slice(0, row).reduce((sum, cells) => sum + linesOf(cells), 0);
    const broken = errors.find(({ type }) => type === "Quotes");
    if (broken || rest.length > LONGEST_ROW) {
      const line = lineOf(broken?.row ?? data.length);
      throw this.#wrong(line, broken?.code === "InvalidQuotes" ? "a quoted cell goes on after its closing quote; double the quotes that are part of it" : "a quote is opened and never closed");
    }
    const rows = this.#rowsOf(data, lineOf);
    this.#line += lineFeeds(text, meta.cursor);
    this.#rest = isCut ? `${rest}\r` : rest;
    this.#enough = Math.max(HEAD, 2 * rest.length);
    return rows;
  }

  #rowsOf(data: string[][], lineOf: (row: number) => number): Cell[][] {
    const { missing, header, decimal } = this.#settings;
    const rows: Cell[][] = [];
    data.forEach((texts, n) => {
      if (texts.length === 1 && texts[0].trim() === "") return;
      if (!this.columns) {
        this.columns = uniqueNames(header === true ? texts : texts.map(() => ""));
        if (header === true) return;
      }
      if (texts.length !== this.columns.length) {
        throw this.#wrong(lineOf(n), `expected ${this.columns.length} cells, as ${header === true ? "the first row has" : "there are columns"}, got ${texts.length}`);
      }
      rows.push(texts.map((text) => {
        const trimmed = text.trim();
        if (missing.has(trimmed)) return null;
        return decimal === "," && WITH_COMMA.test(trimmed) ? trimmed.replaceAll(".", "").replace(",", ".") : trimmed;
      }));
    });
    return rows;
  }

  #wrong(line: number, reason: string): DeltawasmError {
    return new DeltawasmError("file", `${this.#name}: line ${line}: ${reason}`);
  }
}

/** Lines that a row takes: one, and those that are broken inside its cells. */
function linesOf(cells: readonly string[]): number {
  return cells.reduce((sum, cell) => sum + lineFeeds(cell, cell.length), 1);
}

/** Line feeds before a place of a text. */
function lineFeeds(text: string, end: number): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < end; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

function guessDelimiter(text: string): string {
  return Papa.parse(text.slice(0, HEAD), { delimitersToGuess: DELIMITERS, skipEmptyLines: "greedy" }).meta.delimiter;
}

/** Names that tell columns apart: "column 3" where there is none, "size 2" for a second "size". */
function uniqueNames(given: readonly string[]): string[] {
  const taken = new Set<string>();
  return given.map((text, n) => {
    const name = text.trim() || `column ${n + 1}`;
    let unique = name;
    for (let count = 2; taken.has(unique); count++) unique = `${name} ${count}`;
    taken.add(unique);
    return unique;
  });
}

/**
 * Reads a CSV file whole: text, bytes, a stream. Gzip is unpacked. Quoted cells, delimiters and line ends inside them, doubled quotes: as in
 * RFC 4180, read by Papa Parse. Cells are text without the blanks around it, or null where the value is missing; empty lines are left out. A
 * line end inside a cell becomes a line feed.
 *
 * @throws DeltawasmError `file` for a row with too few or too many cells and for quotes that aren't closed, with the line, for damaged gzip and
 * bytes of another encoding; `empty`, `type`, `unknown`; what the source throws, as it is
 *
 * @example const table = await readCsv(createReadStream("iris.csv"));
 */
export async function readCsv(source: Source, options: CsvOptions = {}): Promise<Table> {
  const settings = checkCsvOptions(options, OPTIONS);
  const parser = new CsvParser("csv", settings);
  const rows: Cell[][] = [];
  const take = (more: Cell[][]) => { for (const row of more) rows.push(row); };
  for await (const text of textOf("csv", source, settings.encoding)) take(parser.push(text));
  take(parser.end());
  return { columns: parser.columns!, rows };
}

/**
 * Reads a CSV file that may be larger than memory: as tables of `options.rows` rows, one after the other. Otherwise as `readCsv`.
 *
 * @throws DeltawasmError as `readCsv`, when the table with the mistake is asked for
 *
 * @example for await (const table of streamCsv(createReadStream("large.csv.gz"))) console.log(table.rows.length);
 */
export async function* streamCsv(source: Source, options: CsvStreamOptions = {}): AsyncGenerator<Table, void, undefined> {
  const settings = checkCsvOptions(options, [...OPTIONS, "rows"]);
  const count = options.rows === undefined ? 4096 : checkInteger("options.rows", options.rows, 1);
  const parser = new CsvParser("csv", settings);
  let waiting: Cell[][] = [];
  function* full() {
    let from = 0;
    for (; waiting.length - from >= count; from += count) yield { columns: parser.columns!, rows: waiting.slice(from, from + count) };
    if (from > 0) waiting = waiting.slice(from);
  }
  for await (const text of textOf("csv", source, settings.encoding)) {
    // A whole file at once is read in pieces as well.
    for (let at = 0; at < text.length; at += HEAD) {
      for (const row of parser.push(text.slice(at, at + HEAD))) waiting.push(row);
      yield* full();
    }
  }
  for (const row of parser.end()) waiting.push(row);
  yield* full();
  if (waiting.length > 0) yield { columns: parser.columns!, rows: waiting };
}
