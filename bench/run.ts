// Measures everything in one run, one thing at a time: `npm run bench`, with `-- --json FILE` to keep the rows, with
// `-- --only REGEXP` for some of the cases, with `-- --quick` to see that it works.

import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { currentEngine, init } from "../src/core/init";
import { ceilingCases } from "./ceiling";
import { chosenComparisons, ratioRow, residualCase, residualName } from "./comparisons";
import { convCase, convParts } from "./conv";
import { gemmCase, gemmShapes } from "./gemm";
import { JsTraining } from "./jsTraining";
import { longRunCases } from "./longRun";
import { type Case, type Effort, measure, type Row, summary, toRow } from "./measure";
import { type TrainingCase, trainingCases } from "./networks";
import { report, rowLine } from "./report";
import { startupCases } from "./startup";
import { inferenceCase, trainingCase } from "./training";
import { Variants } from "./variants";

const { values: { json, only, quick } } = parseArgs({
  options: { json: { type: "string" }, only: { type: "string" }, quick: { type: "boolean", default: false } },
});
const filter = new RegExp(only ?? ".");
const effort = (seconds: number, runs: number): Effort => (quick ? { seconds: seconds / 10, runs: 3 } : { seconds, runs });
const started = performance.now();

/** Cases that are measured in turns. */
interface Group {
  title: string;
  effort: Effort;
  cases: Case[];
}

await init({ threads: 1 });
const engine = await currentEngine(0);
const js = new JsTraining();
const variants = new Variants();
const loops = ceilingCases();

const isChosen = ({ name }: { name: string }) => filter.test(name);
const others = await variants.cases(filter);
/** Cases of training, in JavaScript as well but for convolutions, and in the other ways in which the core can be run. */
const training = async (is: (c: TrainingCase) => boolean): Promise<Case[]> => {
  const chosen = trainingCases.filter((c) => isChosen(c) && is(c));
  const plain = await Promise.all(chosen.map(async (c) => [await trainingCase(c), ...(c.convolutions ? [] : [js.case(c)])]));
  return [...plain.flat(), ...others.filter(({ case: name }) => chosen.some((c) => c.name === name))];
};
const isLarge = ({ sizes }: TrainingCase) => sizes.length > 3;
const othersOf = (shapes: readonly { name: string }[]) => others.filter(({ case: name }) => shapes.some((s) => s.name === name));

const products = gemmShapes.filter(isChosen).map(({ name, product, m, n, k }) => gemmCase(engine, name, product, m, n, k));
const convolutions = convParts.filter(isChosen).map(({ shape, part }) => convCase(engine, shape, part));
const comparisons = await chosenComparisons(filter);
const groups: Group[] = [
  { title: "products", effort: effort(0.05, 15), cases: [...products, ...othersOf(gemmShapes)] },
  { title: "convolutions", effort: effort(0.05, 15), cases: [...convolutions, ...othersOf(convParts)] },
  { title: "training", effort: effort(0.12, 11), cases: await training((c) => !isLarge(c) && !c.convolutions) },
  { title: "training a large network", effort: effort(0.15, 7), cases: await training(isLarge) },
  { title: "training a convolutional network", effort: effort(0.15, 9), cases: await training((c) => c.convolutions !== undefined) },
  { title: "one against the other", effort: effort(0.1, 21), cases: comparisons.flatMap(({ of, against }) => [of, against]) },
  { title: "residual blocks", effort: effort(0.1, 11), cases: filter.test(residualName) ? [await residualCase()] : [] },
  {
    title: "prediction, long runs",
    effort: effort(0.1, 11),
    cases: [...(filter.test("infer-784-128-10-b1") ? [await inferenceCase()] : []), ...(filter.test("longrun") ? await longRunCases() : [])],
  },
  // A run is one process.
  { title: "start", effort: { seconds: 0.001, runs: quick ? 3 : 21 }, cases: filter.test("startup") ? startupCases() : [] },
].filter(({ cases }) => cases.length > 0);

console.log(`${cpus()[0].model.trim()}, Node ${process.version}; median (smallest to largest)`);
for (const reason of variants.missing) console.log(`left out ${reason}`);

// All multiply-add loops once; the fastest, the ceiling, again among the cases of every group.
const first = await measure(loops, effort(0.05, 15));
const speed = (loop: Case) => summary(first.get(loop)!).median;
const fastest = loops.reduce((a, b) => (speed(b) > speed(a) ? b : a));
const samples = [...first.get(fastest)!];
console.log("\nmultiply-add loops over operands in L1");
for (const loop of loops) console.log(rowLine(toRow(loop, first.get(loop)!)));

const rows: Row[] = [];
for (const { title, effort: groupEffort, cases } of groups) {
  console.log(`\n${title}`);
  const since = performance.now();
  const results = await measure([...cases, fastest], groupEffort, (done) => progress(done, groupEffort.runs, since));
  progress();
  samples.push(...results.get(fastest)!);
  for (const c of cases) {
    const row = toRow(c, results.get(c)!);
    rows.push(row);
    console.log(rowLine(row));
    c.end?.();
  }
  const ratios = comparisons.filter(({ of }) => results.has(of)).map((comparison) => ratioRow(comparison, results));
  for (const row of ratios) console.log(rowLine(row));
  rows.push(...ratios);
}
js.end();
variants.end();
rows.unshift(toRow({ ...fastest, case: "ceiling" }, samples));
console.log(`\n${report(rows)}\n\n${rows.length} rows in ${((performance.now() - started) / 1000).toFixed(0)} s`);
if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows, null, 2)}\n`);

/** One line that is written over: rounds done, and the time that the others of the group will take. */
function progress(done?: number, runs = 0, since = 0): void {
  if (!process.stderr.isTTY) return;
  const left = done ? `, ${Math.ceil(((performance.now() - since) / 1000 / done) * (runs - done))} s left` : "";
  process.stderr.write(done === undefined ? "\r\x1b[K" : `\r\x1b[Kround ${done + 1} of ${runs}${left}`);
}
