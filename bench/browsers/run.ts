// The bench as a page, in Chromium and Firefox, beside Node on the same machine in the same minutes: `npm run bench:browsers`, with
// `-- --json FILE` to keep the rows, with `-- --only REGEXP` for some of the cases, with `-- --quick` to see that it works.

import { build } from "esbuild";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { inlineWasm } from "../../tools/inline-wasm.mjs";
import { type Row, summary } from "../measure";
import { browserHosts, type Host, nodeHost } from "./hosts";
import type { Feeling } from "./responsiveness";
import { feelingHeading, feelingLines, heading, line, summaryLines } from "./table";

const { values: { json, only, quick } } = parseArgs({
  options: { json: { type: "string" }, only: { type: "string" }, quick: { type: "boolean", default: false } },
});
const ROUNDS = quick ? 1 : 5;
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const output = path("../../build/bench/browsers/");
const started = performance.now();

/** The same modules for pages and for Node, with the worker of teams beside them. */
async function bundle(): Promise<void> {
  mkdirSync(output, { recursive: true });
  await build({
    entryPoints: ["page", "node", "side", "trainer", "responsiveness"].map((name) => path(`${name}.ts`)), outdir: output, bundle: true, format: "esm",
    platform: "neutral", target: "es2022", mainFields: ["module", "main"], plugins: [inlineWasm], logLevel: "warning",
  });
  copyFileSync(path("page.html"), `${output}page.html`);
  copyFileSync(path("../../src/core/worker.js"), `${output}worker.js`);
}

await bundle();
const { descriptions } = (await import(`${output}side.js`)) as typeof import("./side");
const { feelings, nameOf, rowsOf } = (await import(`${output}responsiveness.js`)) as typeof import("./responsiveness");
const filter = new RegExp(only ?? ".");
const chosen = descriptions().filter(({ case: name }) => filter.test(name));
const felt = feelings().filter((one) => filter.test(nameOf(one)));
if (chosen.length + felt.length === 0) {
  throw new Error(`no case matches ${filter}: ${[...descriptions().map(({ case: name }) => name), ...feelings().map(nameOf)].join(", ")}`);
}

const hosts: Host[] = [nodeHost(`${output}node.js`)];
const rows: Row[] = [];
try {
  hosts.push(...await browserHosts());
  const engines = hosts.map(({ engine }) => engine);
  console.log(cpus()[0].model.trim());
  if (chosen.length > 0) console.log(`\nMedians, and percent of Node\n\n${heading(engines)}`);
  for (const [n, description] of chosen.entries()) {
    const ofCase = await rounds(description, n);
    rows.push(...ofCase);
    console.log(line(ofCase));
  }
  if (chosen.length > 0) console.log(`\n${summaryLines(rows, engines)}`);
  if (felt.length > 0) console.log(`\nWhat a page feels while 784-128-10 is trained, in milliseconds\n\n${feelingHeading}`);
  for (const one of felt) {
    const ofCase = await feel(one);
    rows.push(...ofCase);
    console.log(feelingLines(ofCase));
  }
  console.log(`\n${rows.length} rows in ${((performance.now() - started) / 1000).toFixed(0)} s`);
} finally {
  await Promise.all(hosts.map((host) => host.end()));
}
if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows, null, 2)}\n`);

/** Visits all engines in turns, in alternating order: the machine's speed drifts. */
async function rounds(description: (typeof chosen)[number], index: number): Promise<Row[]> {
  const { case: name, threads, effort } = description;
  const given = quick ? { ...description, effort: { seconds: effort.seconds / 10, runs: 1 } } : description;
  const results = new Map(hosts.map((host) => [host, { unit: "" as Row["unit"], values: [] as number[] }]));
  for (let round = 0; round < ROUNDS; round++) {
    progress(`${index + 1} of ${chosen.length}: ${name}, round ${round + 1} of ${ROUNDS}`);
    for (const host of round % 2 === 0 ? hosts : [...hosts].reverse()) {
      const { unit, values } = await host.visit(given).catch((error: Error) => {
        throw new Error(`${name} in ${host.engine}: ${error.message}`);
      });
      results.get(host)!.unit = unit;
      results.get(host)!.values.push(...values);
    }
  }
  progress("");
  return hosts.map((host) => {
    const { unit, values } = results.get(host)!;
    return { case: name, engine: host.engine, build: "simd", threads, unit, ...summary(values) };
  });
}

/** In pages, in turns. */
async function feel(given: (typeof felt)[number]): Promise<Row[]> {
  const visits = new Map<Host, Feeling[]>();
  for (let round = 0; round < ROUNDS; round++) {
    progress(`${nameOf(given)}, round ${round + 1} of ${ROUNDS}`);
    for (const host of hosts) {
      const visit = await host.feel?.({ ...given, seconds: quick ? 1 : 4 });
      if (visit) visits.set(host, [...(visits.get(host) ?? []), visit]);
    }
  }
  progress("");
  return [...visits].flatMap(([{ engine }, ofHost]) => rowsOf(nameOf(given), engine, ofHost));
}

/** One line that is written over. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
