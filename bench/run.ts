// Measures everything in one run, one thing at a time on one thread: `npm run bench`, `npm run bench -- --json FILE`, `-- --only REGEXP`.

import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { currentEngine } from "../src/core/init";
import { ceilingCases } from "./ceiling";
import { gemmCase, gemmShapes } from "./gemm";
import { JsTraining } from "./jsTraining";
import { longRunCases } from "./longRun";
import { type Case, type Effort, measure, type Row, toRow } from "./measure";
import { flopsPerSample, trainingCases } from "./networks";
import { startupCases } from "./startup";
import { inferenceCase, trainingCase } from "./training";

const { values: { json, only, quick } } = parseArgs({
  options: { json: { type: "string" }, only: { type: "string" }, quick: { type: "boolean", default: false } },
});
const effort: Effort = quick ? { seconds: 0.02, runs: 3 } : { seconds: 0.15, runs: 7 };
const filter = new RegExp(only ?? ".");

interface Group {
  names: string[];
  make(): Promise<Case[]>;
  effort?: Effort;
}

const engine = await currentEngine();
const js = new JsTraining();
const groups: Group[] = [
  ...gemmShapes.map(({ name, product, m, n, k }) => ({ names: [name], make: async () => [gemmCase(engine, name, product, m, n, k)] })),
  ...trainingCases.map((c) => ({ names: [c.name], make: async () => [await trainingCase(c), js.case(c)] })),
  { names: ["infer-784-128-10-b1"], make: async () => [await inferenceCase()] },
  { names: ["longrun"], make: longRunCases },
  // Starting a process takes tens of milliseconds, so a run is one process.
  { names: ["startup"], make: async () => startupCases(), effort: { seconds: 0.001, runs: quick ? 3 : 21 } },
].filter(({ names }) => names.some((name) => filter.test(name)));

/** What the products of one sample take: turns samples/s into GFLOP/s. */
const flops = new Map(trainingCases.map(({ name, sizes }) => [name, flopsPerSample(sizes)]));
const rows: Row[] = [];
const started = performance.now();

console.log(`${cpus()[0].model.trim()}, Node ${process.version}, one thread; median (smallest to largest)\n`);

// The ceiling: all loops once, then the fastest again between the other cases, as the machine's speed drifts.
const loops = ceilingCases();
const first = await measure(loops, effort);
const best = loops.reduce((a, b) => (middle(first.get(b)!) > middle(first.get(a)!) ? b : a));
const samples = [...first.get(best)!];
for (const loop of loops) console.log(`  multiply-add loop ${loop.case.padEnd(11)} ${format(middle(first.get(loop)!))} GFLOP/s`);
console.log();

for (const [done, group] of groups.entries()) {
  const cases = await group.make();
  const results = await measure(cases, group.effort ?? effort);
  for (const c of cases) {
    const row = toRow(c, results.get(c)!);
    rows.push(row);
    console.log(line(row) + left(done + 1));
    c.end?.();
  }
  const loop = await measure([best], { seconds: effort.seconds / 4, runs: 3 });
  samples.push(...loop.get(best)!);
}
js.end();
rows.unshift(toRow({ ...best, case: "ceiling" }, samples));
report();
if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows, null, 2)}\n`);

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

function format(value: number): string {
  return (value >= 1000 ? Math.round(value).toLocaleString("en") : value.toFixed(value < 10 ? 2 : 1)).padStart(11);
}

function line({ case: name, engine: by, unit, median, min, max }: Row): string {
  return `${name.padEnd(42)} ${by.padEnd(5)} ${format(median)} ${unit.padEnd(9)} (${format(min).trim()} to ${format(max).trim()})`;
}

/** Time left, from what the groups so far took. */
function left(done: number): string {
  const seconds = (((performance.now() - started) / done) * (groups.length - done)) / 1000;
  return process.stdout.isTTY && seconds > 1 ? `  ${Math.round(seconds)} s left` : "";
}

/** The same rows against the ceiling and against JavaScript. */
function report(): void {
  const ceiling = rows[0];
  console.log(`\n${"case".padEnd(42)} ${"wasm".padStart(11)} ${"".padEnd(9)} of ceiling  against js`);
  console.log(`${"ceiling".padEnd(42)} ${format(ceiling.median)} GFLOP/s`);
  for (const row of rows.slice(1).filter(({ engine: by }) => by === "wasm")) {
    const perSample = flops.get(row.case);
    const speed = row.unit === "GFLOP/s" ? row.median : perSample && (row.median * perSample) / 1e9;
    const plain = rows.find(({ case: name, engine: by }) => name === row.case && by === "js");
    const share = speed ? `${((100 * speed) / ceiling.median).toFixed(0)} %`.padStart(10) : "".padStart(10);
    const factor = plain ? `${(row.median / plain.median).toFixed(1)} ×`.padStart(11) : "";
    console.log(`${row.case.padEnd(42)} ${format(row.median)} ${row.unit.padEnd(9)} ${share} ${factor}`.trimEnd());
  }
  console.log(`\n${rows.length} rows in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}
