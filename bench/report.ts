import type { Row } from "./measure";
import { flopsPerSample, trainingCases } from "./networks";

/** What the products of one sample take: turns samples/s into GFLOP/s. */
const flops = new Map(trainingCases.map(({ name, sizes }) => [name, flopsPerSample(sizes)]));

function format(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString("en") : value.toFixed(value < 10 ? 2 : 1);
}

/** A row on its own, with its spread. */
export function rowLine({ case: name, engine, unit, median, min, max }: Row): string {
  return `  ${name.padEnd(40)} ${engine.padEnd(4)} ${format(median).padStart(11)} ${unit.padEnd(9)} (${format(min)} to ${format(max)})`;
}

/** The core's rows against the first row, the ceiling, and against JavaScript. */
export function report(rows: readonly Row[]): string {
  const ceiling = rows[0];
  const lines = [`  ${"case".padEnd(40)} ${"wasm".padStart(11)} ${"".padEnd(9)} of ceiling  against js`];
  for (const row of rows.filter(({ engine }) => engine === "wasm")) {
    const perSample = flops.get(row.case);
    const speed = row.unit === "GFLOP/s" ? row.median : perSample && (row.median * perSample) / 1e9;
    const plain = rows.find(({ case: name, engine }) => name === row.case && engine === "js");
    const share = speed && row !== ceiling ? `${((100 * speed) / ceiling.median).toFixed(0)} %` : "";
    const factor = plain ? `${(row.median / plain.median).toFixed(1)} ×` : "";
    lines.push(
      `  ${row.case.padEnd(40)} ${format(row.median).padStart(11)} ${row.unit.padEnd(9)} ${share.padStart(10)} ${factor.padStart(11)}`.trimEnd(),
    );
  }
  return lines.join("\n");
}
