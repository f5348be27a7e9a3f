import { readFileSync, writeFileSync } from "node:fs";

/** One run of the program. */
export interface Row {
  runtime: string;
  version: string;
  engine: string;
  build: string;
  threads: number;
  digest: string;
}

const README = new URL("../../README.md", import.meta.url);
const [START, END] = ["<!-- conformance:start -->", "<!-- conformance:end -->"];

const cells = (texts: readonly string[]) => `  ${texts[0].padEnd(32)} ${texts[1].padEnd(16)} ${texts[2].padEnd(10)} ${texts[3].padEnd(11)} ${texts[4].padStart(7)}  ${texts[5]}`;

export const heading = cells(["runtime", "version", "engine", "build", "threads", "SHA-256"]);

/** A row as it is shown while the program runs. */
export function line({ runtime, version, engine, build, threads, digest }: Row, wrong: string | undefined): string {
  return cells([runtime, version, engine, build, String(threads), wrong ? `${digest.slice(0, 16)}…  FAILED: ${wrong}` : `${digest.slice(0, 16)}…`]);
}

/** The lines of README.md's table, one for each runtime, without and with versions. */
function lines(rows: readonly Row[], withVersions: boolean): string[] {
  return [...new Set(rows.map(({ runtime }) => runtime))].map((runtime) => {
    const own = rows.filter((row) => row.runtime === runtime);
    const engines = [...new Set(own.map(({ engine, build }) => `${engine} ${build}`))].map((key) => {
      const same = own.filter(({ engine, build }) => `${engine} ${build}` === key);
      const threads = [...new Set(same.map(({ threads }) => threads))];
      return same[0].engine === "reference" ? "reference" : `${same[0].build}: ${threads.join(", ")}`;
    });
    const digests = [...new Set(own.map(({ digest }) => `\`${digest.slice(0, 16)}…\``))];
    return `| ${runtime} |${withVersions ? ` ${own[0].version} |` : ""} ${engines.join("; ")} | ${digests.join(" ")} |`;
  });
}

/** Writes the table of README.md. */
export function writeReadme(rows: readonly Row[]): void {
  const text = readFileSync(README, "utf8");
  const whole = `SHA-256, on ${process.platform}, ${process.arch}: ${[...new Set(rows.map(({ digest }) => `\`${digest}\``))].join(", ")}`;
  const table = [whole, "", "| runtime | version | engine: threads | SHA-256 |", "| --- | --- | --- | --- |", ...lines(rows, true)].join("\n");
  const [before, after] = [text.indexOf(START), text.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`README.md has no ${START} and ${END}`);
  writeFileSync(README, `${text.slice(0, before)}${START}\n${table}\n${text.slice(after)}`);
}

/** Where README.md's table says something else than these rows; versions may differ, and runs with wide registers, which not every processor has. */
export function checkReadme(rows: readonly Row[]): string[] {
  const text = readFileSync(README, "utf8");
  const plain = (table: readonly string[]) => table.map((line) => line.replace(/; simd, wide: [\d, ]+/, "").replace(/\s*\|\s*/g, "|"));
  const there = text.slice(text.indexOf(START), text.indexOf(END)).split("\n").filter((line) => line.startsWith("| ")).slice(2)
    .map((line) => line.replace(/^(\|[^|]+\|)[^|]+\|/, "$1"));
  const [is, should] = [plain(there), plain(lines(rows, false))];
  const differing = should.filter((line) => !is.includes(line)).concat(is.filter((line) => !should.includes(line)));
  return differing.length === 0 ? [] : [`README.md's table differs, write it by \`npm run conformance -- --readme\`:\n  ${differing.join("\n  ")}`];
}
