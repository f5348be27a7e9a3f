import type { Row } from "./measure";

function format(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString("en") : value.toFixed(value < 10 ? 2 : 1);
}

/** A row on its own, with its spread. */
export function rowLine(row: Row): string {
  const { case: name, engine, unit, median, min, max } = row;
  return `  ${name.padEnd(40)} ${(way(row) || engine).padEnd(15)} ${format(median).padStart(11)} ${unit.padEnd(9)} (${format(min)} to ${format(max)})`;
}

/** How the core was run, where that is not the plain way. */
function way({ build, threads }: Row): string {
  return [build === "wide" || build === "relaxed" ? build : "", threads > 1 ? `${threads} threads` : ""].filter(Boolean).join(", ");
}

/** The core's rows against the first row, the ceiling, and against JavaScript. */
export function report(rows: readonly Row[]): string {
  const ceiling = rows[0];
  const lines = [`  ${"case".padEnd(40)} ${"wasm".padStart(11)} ${"".padEnd(9)} of ceiling  against js`];
  const isPlain = (row: Row) => row.engine === "wasm" && way(row) === "" && row.against === undefined;
  for (const row of rows.filter(isPlain)) {
    const speed = row.unit === "GFLOP/s" ? row.median : row.flops && (row.median * row.flops) / 1e9;
    const plain = rows.find(({ case: name, engine }) => name === row.case && engine === "js");
    const share = speed && row !== ceiling ? `${((100 * speed) / ceiling.median).toFixed(0)} %` : "";
    const factor = plain ? `${(row.median / plain.median).toFixed(1)} ×` : "";
    lines.push(
      `  ${row.case.padEnd(40)} ${format(row.median).padStart(11)} ${row.unit.padEnd(9)} ${share.padStart(10)} ${factor.padStart(11)}`.trimEnd(),
    );
  }
  const others = rows.filter((row) => way(row) !== "");
  if (others.length > 0) lines.push("", `  ${"case".padEnd(40)} ${"".padEnd(15)} ${"".padStart(11)} ${"".padEnd(9)} against plain, one thread`);
  for (const row of others) {
    const plain = rows.find((other) => isPlain(other) && other.case === row.case);
    const factor = plain ? `${(row.median / plain.median).toFixed(2)} ×` : "";
    lines.push(`  ${row.case.padEnd(40)} ${way(row).padEnd(15)} ${format(row.median).padStart(11)} ${row.unit.padEnd(9)} ${factor.padStart(10)}`);
  }
  const ratios = rows.filter(({ against }) => against !== undefined);
  if (ratios.length > 0) lines.push("", `  ${"case".padEnd(40)} ${"its time".padStart(11)} ${"".padEnd(9)} ${"slower by".padStart(10)}  meant to be`);
  for (const { case: name, median, against, target } of ratios) {
    const slower = `${Math.round(100 * (median - 1))} %`;
    lines.push(`  ${name.padEnd(40)} ${format(median).padStart(11)} ${"×".padEnd(9)} ${slower.padStart(10)}  at most ${target} × ${against}`);
  }
  return lines.join("\n");
}
