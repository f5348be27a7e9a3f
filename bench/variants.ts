import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { convParts } from "./conv";
import { gemmShapes } from "./gemm";
import type { Case, Row } from "./measure";
import { trainingCases, trainingData } from "./networks";

/** How the core is run. */
export interface VariantOptions {
  threads: number;
  build?: "simd" | "relaxed";
  wide?: boolean;
}

/** Asks a variant's process to do a case so many times; it answers with the seconds. */
export interface VariantRequest {
  name: string;
  times: number;
}

const variants: { options: VariantOptions; cases: RegExp }[] = [
  { options: { threads: 2 }, cases: /^train-784-.*-b(32|128)|^train-convnet/ },
  { options: { threads: 1, wide: true }, cases: /^gemm-..-(256|1024)$|^conv-28x28x32-64-k3-[fda]|^train-784-.*-b128|^train-convnet/ },
  { options: { threads: 2, wide: true }, cases: /^train-784-.*-b128|^train-convnet/ },
  { options: { threads: 1, build: "relaxed" }, cases: /^gemm-..-256$|^train-784-.*-b128/ },
];

/** The core on two threads, in wide registers, and with fused multiply-adds, each in a process of its own. */
export class Variants {
  readonly #processes: ChildProcess[] = [];
  /** Why some of them can't be measured here. */
  readonly missing: string[] = [];

  /** The variants of the cases that a filter lets through. */
  async cases(filter: RegExp): Promise<Case[]> {
    const names = [...gemmShapes, ...convParts, ...trainingCases].map(({ name }) => name).filter((name) => filter.test(name));
    const found: Case[] = [];
    for (const { options, cases } of variants) {
      const chosen = names.filter((name) => cases.test(name));
      if (chosen.length === 0) continue;
      const child = fork(new URL("./variantProcess.mjs", import.meta.url), [JSON.stringify(options)]);
      const [answer] = await once(child, "message");
      if (answer === "ready") {
        this.#processes.push(child);
        found.push(...chosen.map((name) => variantCase(child, name, options)));
      } else {
        child.kill();
        this.missing.push(`${JSON.stringify(options)}: ${answer as string}`);
      }
    }
    return found;
  }

  end(): void {
    for (const child of this.#processes) child.kill();
  }
}

function variantCase(child: ChildProcess, name: string, { threads, build = "simd", wide = false }: VariantOptions): Case {
  const product = productOf(name);
  const unit: Row["unit"] = product === undefined ? "samples/s" : "GFLOP/s";
  const work = product === undefined ? rowsOf(name) : product / 1e9;
  return {
    case: name, engine: "wasm", build: wide ? "wide" : build, threads, unit,
    run: async (times) => {
      const request: VariantRequest = { name, times };
      child.send(request);
      const [seconds] = await once(child, "message");
      return seconds as number;
    },
    toUnit: (seconds) => work / seconds,
  };
}

/** Multiplications and additions of a case that is a product. */
function productOf(name: string): number | undefined {
  const shape = gemmShapes.find((s) => s.name === name);
  return shape ? 2 * shape.m * shape.n * shape.k : convParts.find((part) => part.name === name)?.flops;
}

function rowsOf(name: string): number {
  const { sizes, batchSize } = trainingCases.find((c) => c.name === name)!;
  return trainingData(sizes, batchSize).rows;
}
