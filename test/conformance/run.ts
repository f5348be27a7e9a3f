// The conformance program in every runtime that is here: `npm run conformance`.
//
//   -- --json FILE     keeps the rows: { runtime, version, engine, build, threads, digest }
//   -- --only REGEXP   some of the runtimes, by their names
//   -- --complete      what is not here has failed
//   -- --suites        names the tests that `npm test` leaves out
//   -- --readme        writes the table of README.md; without it, a full run compares the digests there
//
// Exits with 1 where a digest differs or a runtime failed.

import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { pages } from "./pages";
import type { Open, Place, Result, Visit } from "./place";
import { processes } from "./processes";
import { overall } from "./program.mjs";
import { checkReadme, heading, line, type Row, writeReadme } from "./table";
import { virtualMachine } from "./virtualMachine";
import { webkit } from "./webkit";
import { workerd } from "./workerd";

const flag = { type: "boolean", default: false } as const;
const { values: { json, only = ".", complete, suites, readme } } = parseArgs({
  options: { json: { type: "string" }, only: { type: "string" }, complete: flag, suites: flag, readme: flag },
});
/** Tests of their own, for they take minutes and what they need is large. */
const SUITES = [["pages", "npm run test:browsers"], ["teams", "npm run test:runtimes"], ["apps", "npm run test:bundlers"], ["floats", "npx vitest run --config vitest.exhaustive.config.ts"]];
const pinned = JSON.parse(readFileSync(new URL("digests.json", import.meta.url), "utf8")) as Record<string, string>;
const started = performance.now();
const rows: Row[] = [];
const failures: string[] = [];

/** What is wrong with a result, in words. */
function mistake({ engine, threads }: Visit, result: Result): string | undefined {
  const differing = Object.keys({ ...pinned, ...result.digests }).filter((name) => pinned[name] !== result.digests[name]);
  if (differing.length > 0) return `other bits in ${differing.join(", ")}`;
  if (result.engine === engine && result.threads === threads) return undefined;
  return `expected engine ${engine} with threads: ${threads}, got ${result.engine} with ${result.threads}: ${result.notes.join("; ")}`;
}

async function run(place: Place, { version, run }: Open, visit: Visit): Promise<void> {
  const runtime = visit.runtime ?? place.name;
  try {
    const result = await run(visit);
    const { engine, build, wide, threads, digest } = result;
    const row = { runtime, version, engine, build: wide ? `${build}, wide` : build, threads, digest };
    const wrong = mistake(visit, result);
    rows.push(row);
    console.log(line(row, wrong));
    if (wrong) failures.push(`${runtime} ${version}, ${engine}, threads: ${threads}: ${wrong}`);
  } catch (error) {
    failures.push(`${runtime} ${version}, ${visit.engine}, threads: ${visit.threads}: ${(error as Error).message}`);
    console.log(`  FAILED: ${failures.at(-1)}`);
  }
}

const places = [...processes(), workerd(), virtualMachine(), ...await pages(), webkit()].filter(({ name }) => new RegExp(only).test(name));
const left = places.filter(({ missing }) => missing !== undefined);
console.log(heading);
for (const place of places.filter(({ missing }) => missing === undefined)) {
  let open: Open | undefined;
  try {
    open = await place.open();
    for (const visit of place.visits) await run(place, open, visit);
  } catch (error) {
    failures.push(`${place.name}: ${(error as Error).message}`);
    console.log(`  FAILED: ${failures.at(-1)}`);
  } finally {
    await open?.end?.();
  }
}

const digest = await overall(pinned);
const digests = new Set(rows.map((row) => row.digest));
console.log(`\n${rows.length} rows in ${((performance.now() - started) / 1000).toFixed(0)} s, ${digests.size === 1 && digests.has(digest) ? `one digest: ${digest}` : `${digests.size} digests, expected ${digest}`}`);
if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows, null, 2)}\n`);
if (complete) failures.push(...left.map(({ name, missing }) => `${name} is not here: ${missing}`));
if (only === "." && left.length === 0 && failures.length === 0) {
  if (readme) writeReadme(rows);
  else failures.push(...checkReadme(rows));
}
for (const failure of failures) console.error(`FAILED: ${failure}`);
const list = (pairs: readonly (readonly string[])[]) => pairs.map(([name, how]) => `  ${name.padEnd(12)} ${how}`).join("\n");
if (left.length > 0) console.error(`\nLEFT OUT, for it is not on this machine; \`npm run conformance\` tries it when it is:\n${list(left.map(({ name, missing }) => [name, missing!]))}`);
if (suites) console.error(`\nLEFT OUT, tests in pages, of teams of threads in other runtimes, of apps by Vite, webpack, Next.js and others, and on all floats:\n${list(SUITES)}`);
process.exitCode = failures.length > 0 ? 1 : 0;
