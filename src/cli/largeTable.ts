import { mkdtempSync, rmSync } from "node:fs";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { splitIndices, type Table, takeRows } from "deltawasm/data";
import { isMissing, textOf } from "../data/preparation/cells";
import { RandomWords } from "../data/reservoir";

/** Files that rows to learn from are dealt to: systems let a program open 256. */
const FILES = 128;
/** Rows of a file that wait to be written. */
const WAITING = 64;
/** Rows of a part. */
const PART = 4096;

/** Different targets that are remembered: of texts, which are names of classes, and of numbers, which in a long table are names where they are few. */
const MOST_NAMES = 10_000;
const MOST_NUMBERS = 100;

type Row = Table["rows"][number];

/** How the rows of a table are divided. */
export interface Division {
  /** The column to be told: rows without it are left out. */
  target: string;
  /** Shares of the rows that are kept out of learning: to choose by, and to be judged by. */
  validation: number;
  test: number;
  seed: number;
}

/** Rows on disk, a few at a time. */
class RowFile {
  rows = 0;
  readonly #path: string;
  readonly #file: FileHandle;
  #waiting: Row[] = [];

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async create(path: string): Promise<RowFile> {
    return new RowFile(path, await open(path, "w"));
  }

  async add(row: Row): Promise<void> {
    this.rows++;
    if (this.#waiting.push(row) === WAITING) await this.#write();
  }

  async close(): Promise<void> {
    try {
      if (this.#waiting.length > 0) await this.#write();
    } finally {
      await this.#file.close();
    }
  }

  async #write(): Promise<void> {
    const bytes = serialize(this.#waiting);
    this.#waiting = [];
    const size = Buffer.alloc(4);
    size.writeUInt32LE(bytes.length);
    await this.#file.appendFile(Buffer.concat([size, bytes]));
  }

  /** All rows, in their order. */
  async read(): Promise<Row[]> {
    const bytes = await readFile(this.#path);
    const rows: Row[] = [];
    for (let at = 0; at < bytes.length;) {
      const end = at + 4 + bytes.readUInt32LE(at);
      for (const row of deserialize(bytes.subarray(at + 4, end)) as Row[]) rows.push(row);
      at = end;
    }
    return rows;
  }
}

/**
 * A table that is not held in memory. While it is read for the first time its rows are dealt, by chance, to files in a temporary folder; after that
 * they come from there, file by file, each mixed in itself: those of a sorted table in a random order. The folder goes with the program.
 *
 * Each row has the same chance to be kept out of learning; but the first of each class is learned from, so that none is unknown.
 */
export class LargeTable {
  columns: readonly string[] = [];
  /** Rows, also those without a target. */
  rows = 0;
  readonly #read: () => AsyncIterable<Table>;
  readonly #division: Division;
  #files: { training: RowFile[]; validation: RowFile[]; test: RowFile[] } | undefined;

  /** `read` begins to read the table. */
  constructor(read: () => AsyncIterable<Table>, division: Division) {
    this.#read = read;
    this.#division = division;
  }

  /** Rows of a part; known when the table was read. */
  count(part: "training" | "validation" | "test"): number {
    return (this.#files?.[part] ?? []).reduce((sum, { rows }) => sum + rows, 0);
  }

  /** The rows to learn from; the first time in the order of the table. */
  training(): AsyncIterable<Table> {
    return this.#files ? this.#tables(this.#files.training) : this.#deal();
  }

  /** The rows to choose by, and those to be judged by. Call it after `training` came to its end. */
  kept(part: "validation" | "test"): AsyncIterable<Table> {
    return this.#tables(this.#files![part]);
  }

  /** All of them. */
  async *all(): AsyncGenerator<Table, void, undefined> {
    const { training, validation, test } = this.#files!;
    yield* this.#tables([...training, ...validation, ...test]);
  }

  async *#deal(): AsyncGenerator<Table, void, undefined> {
    const { target, validation, test, seed } = this.#division;
    const folder = mkdtempSync(join(tmpdir(), "deltawasm-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    // Without this they would end the program at once, and what it has on the disk would stay.
    for (const [signal, number] of [["SIGTERM", 15], ["SIGHUP", 1]] as const) process.once(signal, () => process.exit(128 + number));
    const create = (count: number, part: string) => Promise.all(Array.from({ length: count }, (_, n) => RowFile.create(join(folder, `${part}-${n}`))));
    // Of a part that nothing is dealt to there is no file.
    const files = {
      training: await create(FILES, "training"), validation: await create(validation > 0 ? FILES / 8 : 0, "validation"), test: await create(test > 0 ? FILES / 8 : 0, "test"),
    };
    const words = new RandomWords(seed);
    const targets = new Set<string>();
    const placeFor = (text: string): { part: keyof typeof files; file: RowFile } => {
      const word = words.next(), u = word / 2 ** 32;
      const isNew = !targets.has(text) && targets.size < (Number.isNaN(Number(text)) ? MOST_NAMES : MOST_NUMBERS);
      if (isNew) targets.add(text);
      const part = isNew || u >= test + validation ? "training" : u < test ? "test" : "validation";
      // The last bits say nothing of the part.
      return { part, file: files[part][word % files[part].length] };
    };
    try {
      for await (const { columns, rows } of this.#read()) {
        this.columns = columns;
        this.rows += rows.length;
        const place = columns.indexOf(target);
        const training: Row[] = [];
        for (const row of rows) {
          if (isMissing(row[place])) continue;
          const { part, file } = placeFor(textOf(row[place]));
          if (part === "training") training.push(row);
          await file.add(row);
        }
        yield { columns, rows: training };
      }
    } finally {
      for (const file of Object.values(files).flat()) await file.close();
    }
    this.#files = files;
  }

  async *#tables(files: readonly RowFile[]): AsyncGenerator<Table, void, undefined> {
    const { columns } = this;
    for (const [n, file] of files.entries()) {
      const table = { columns, rows: await file.read() };
      if (table.rows.length === 0) continue;
      const order = splitIndices(table.rows.length, { seed: this.#division.seed + n }).training;
      for (let from = 0; from < order.length; from += PART) yield takeRows(table, order.subarray(from, from + PART));
    }
  }
}
