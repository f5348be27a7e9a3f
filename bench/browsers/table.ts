import type { Row } from "../measure";

/** Of times less is more. */
const isTime = ({ unit }: Row) => unit === "µs" || unit === "ms";

function format(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString("en") : value.toFixed(value < 10 ? 2 : 1);
}

/** How fast a row is beside another one of the same case. */
export function ratio(row: Row, reference: Row): number {
  return isTime(row) ? reference.median / row.median : row.median / reference.median;
}

/** Whether rows may be compared. */
export const isSameCase = (a: Row, b: Row) => a.case === b.case && a.threads === b.threads;

/** A line of the table: the first row as it is, the others also as percent of it. */
export function line(rows: readonly Row[]): string {
  const [reference] = rows;
  const cells = rows.map((row, n) => {
    const share = n === 0 ? "" : `${(100 * ratio(row, reference)).toFixed(0)} %`.padStart(7);
    return `${format(row.median).padStart(10)}${share}`.padStart(n === 0 ? 14 : 24);
  });
  return `  ${reference.case.padEnd(34)} ${String(reference.threads).padStart(7)} ${reference.unit.padEnd(9)}${cells.join("")}`;
}

/** What stands above the lines. */
export function heading(engines: readonly string[]): string {
  const names = engines.map((engine, n) => engine.padStart(n === 0 ? 14 : 24));
  return `  ${"case".padEnd(34)} ${"threads".padStart(7)} ${"".padEnd(9)}${names.join("")}`;
}

export const feelingHeading = `  ${"case".padEnd(34)} ${"threads".padStart(7)} ${"engine".padEnd(26)}${["median", "p99", "longest", "count"].map((name) => name.padStart(10)).join("")}`;

/** A line for each row of what pages feel. */
export function feelingLines(rows: readonly Row[]): string {
  return rows.map(({ case: name, threads, engine, median, p99, max, runs }) => (
    `  ${name.padEnd(34)} ${String(threads).padStart(7)} ${engine.padEnd(26)}${[median, p99!, max].map((value) => value.toFixed(1).padStart(10)).join("")}${String(runs).padStart(10)}`
  )).join("\n");
}

/** The case in which each engine falls furthest behind the first, and the fastest loop of each: what its ceiling is. */
export function summaryLines(rows: readonly Row[], engines: readonly string[]): string {
  const of = (engine: string) => rows.filter((row) => row.engine === engine);
  const loops = engines.map((engine) => of(engine).filter(({ case: name }) => name.startsWith("loop-")).sort((a, b) => b.median - a.median)[0]);
  const lines = loops.every(Boolean) ? [line(loops.map((row) => ({ ...row, case: "ceiling: the fastest loop" })))] : [];
  for (const engine of engines.slice(1)) {
    const compared = of(engine).filter(({ case: name }) => !name.startsWith("loop-")).map((row) => {
      return { row, ratio: ratio(row, rows.find((other) => other.engine === engines[0] && isSameCase(other, row))!) };
    });
    const worst = compared.sort((a, b) => a.ratio - b.ratio)[0];
    if (worst) lines.push(`  ${engine}: furthest behind in ${worst.row.case}, threads ${worst.row.threads}: ${(100 * worst.ratio).toFixed(0)} % of ${engines[0]}`);
  }
  return lines.join("\n");
}
