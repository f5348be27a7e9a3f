// One way to run the core, in a process of its own: the flag of wide registers is the process's, and a team's threads are not to stand in
// the way of what is measured on one.

import { currentEngine, init } from "../src/core/init";
import { convCase, convParts } from "./conv";
import { gemmCase, gemmShapes } from "./gemm";
import type { Case } from "./measure";
import { trainingCases } from "./networks";
import { trainingCase } from "./training";
import type { VariantOptions, VariantRequest } from "./variants";

/** Larger than any network for which one thread is planned. */
const LARGE = 1e6;

const options = JSON.parse(process.argv[2]) as VariantOptions;
await init(options);
const engine = await currentEngine(LARGE);
const prepared = new Map<string, Case>();

async function prepare(name: string): Promise<Case> {
  const shape = gemmShapes.find((s) => s.name === name);
  if (shape) return gemmCase(engine, name, shape.product, shape.m, shape.n, shape.k);
  const part = convParts.find((p) => p.name === name);
  if (part) return convCase(engine, part.shape, part.part);
  return trainingCase(trainingCases.find((c) => c.name === name)!);
}

process.on("message", async ({ name, times }: VariantRequest) => {
  if (!prepared.has(name)) prepared.set(name, await prepare(name));
  const started = performance.now();
  const counted = await prepared.get(name)!.run(times);
  process.send!(counted ?? (performance.now() - started) / 1000);
});

// What it was asked for, or why it is less.
const isWhole = engine.wide === (options.wide ?? false) && engine.build === (options.build ?? "simd") && (engine.team?.size ?? 1) === options.threads;
process.send!(isWhole ? "ready" : engine.notes.join("; "));
