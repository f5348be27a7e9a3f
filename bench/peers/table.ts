import type { Row } from "../measure";
import type { PeerRow } from "./peer";

const isOurs = ({ kind }: PeerRow) => kind === "deltawasm";

/** The row of ours that the others of a table are compared with: the plain build. */
export function reference(rows: readonly PeerRow[]): PeerRow | undefined {
  return rows.find((row) => isOurs(row) && row.build === "simd");
}

/** How many times as fast one is as another. */
export function ratio(a: Row, b: Row): number {
  return a.unit === "samples/s" ? a.median / b.median : b.median / a.median;
}

function number(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString("en") : value.toFixed(value < 10 ? 2 : 1);
}

/** Gaps below 15 % are ties on a shared machine. */
const TIE = 0.15;

function comparison(ours: PeerRow | undefined, row: PeerRow): string {
  if (!ours || row === ours) return "";
  const factor = ratio(ours, row);
  const verdict = isOurs(row) ? "" : factor < 1 - TIE ? "  faster than ours" : factor < 1 + TIE ? "  a tie" : "";
  return `${factor.toFixed(factor < 10 ? 2 : 0)} ×${verdict}`;
}

export function fastestFirst(rows: readonly PeerRow[]): PeerRow[] {
  return [...rows].sort((a, b) => ratio(b, a) - 1);
}

/** The rows of each case and number of threads, fastest first, with how many times as fast ours is. */
export function tables(rows: readonly PeerRow[]): string {
  const lines: string[] = [];
  const titleOf = (row: Row) => `${row.case}, ${row.threads === 1 ? "one thread" : `${row.threads} threads`}`;
  for (const title of new Set(rows.map(titleOf))) {
    const chosen = rows.filter((row) => titleOf(row) === title);
    const ours = reference(chosen);
    lines.push("", title, `  ${"".padEnd(46)} ${chosen[0].unit.padStart(11)}  ${"(smallest to largest)".padEnd(27)} ours is`);
    for (const row of fastestFirst(chosen)) {
      const name = row.build === "none" || row.build === "simd" ? row.engine : `${row.engine}, ${row.build}`;
      const spread = `(${number(row.min)} to ${number(row.max)})`;
      const mark = row === ours ? "▶" : " ";
      lines.push(`${mark} ${name.padEnd(46)} ${number(row.median).padStart(11)}  ${spread.padEnd(27)} ${comparison(ours, row)}`.trimEnd());
    }
  }
  return lines.join("\n");
}
