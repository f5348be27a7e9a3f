import { SingleBar } from "cli-progress";
import picocolors from "picocolors";

/** What all commands take. */
export interface OutputOptions {
  /** One JSON document on standard output; all else on standard error. */
  json?: boolean;
  /** Nothing but results and errors. */
  quiet?: boolean;
}

/** 0.98123 as "98.12 %". */
export const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

/** 1234567 as "1,234,567"; fractions with four significant digits. */
export function number(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(4)));
}

/** "1 row", "2 rows". */
export const counted = (count: number, one: string, many = `${one}s`): string => `${number(count)} ${count === 1 ? one : many}`;

/** Names in a sentence, the first few of them. */
export function listed(names: readonly string[], most = 8): string {
  return names.length <= most ? names.join(", ") : `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} more`;
}

/** Where a command writes to, and in which colours. */
export class Output {
  readonly isJson: boolean;
  readonly colors: ReturnType<typeof picocolors.createColors>;
  readonly #quiet: boolean;
  readonly #stream: NodeJS.WriteStream;

  constructor({ json = false, quiet = false }: OutputOptions) {
    this.isJson = json;
    this.#quiet = quiet;
    this.#stream = json ? process.stderr : process.stdout;
    this.colors = picocolors.createColors(picocolors.isColorSupported && this.#stream.isTTY === true);
  }

  /** A line for people. */
  line(text = ""): void {
    if (!this.#quiet) this.#stream.write(`${text}\n`);
  }

  /** Something that is wrong, but not an error. */
  warn(text: string): void {
    process.stderr.write(`${this.colors.yellow("warning:")} ${text}\n`);
  }

  /** The result for programs, where they asked for it. */
  json(result: unknown): void {
    if (this.isJson) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  }

  /** Columns of the terminal; where there is none, as many as people read. */
  get width(): number {
    return this.#stream.columns ?? 120;
  }

  /** Rows of cells below their headings: numbers to the right. */
  table(headings: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = headings.map((heading, c) => Math.max(heading.length, ...rows.map((row) => row[c].length)));
    const isRight = headings.map((_, c) => rows.every((row) => /^[-\d.,]*( %)?$/.test(row[c])));
    const padded = (cells: readonly string[]) => cells.map((cell, c) => (isRight[c] ? cell.padStart(widths[c]) : cell.padEnd(widths[c]))).join("   ").trimEnd();
    this.line(`   ${this.colors.dim(padded(headings))}`);
    for (const row of rows) this.line(`   ${padded(row)}`);
  }

  /** A bar with the time left; nothing where nobody looks. */
  progress(what: string): Progress {
    return new Progress(this.#quiet || !this.#stream.isTTY ? undefined : this.#stream, what);
  }
}

/** A bar for long work. */
export class Progress {
  readonly #bar: SingleBar | undefined;

  constructor(stream: NodeJS.WriteStream | undefined, what: string) {
    if (!stream) return;
    this.#bar = new SingleBar({
      stream,
      format: ` {bar} {percentage} % · ${what} {at} · {eta_formatted} left{note}`,
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 30,
      etaBuffer: 50,
      hideCursor: true,
      clearOnComplete: true,
    });
  }

  start(total: number): void {
    this.#bar?.start(total, 0, { at: "", note: "" });
  }

  /** `at` says in words how far it has come, `note` what it has got. */
  update(done: number, at: string, note = ""): void {
    this.#bar?.update(done, { at, note });
  }

  stop(): void {
    this.#bar?.stop();
  }
}
