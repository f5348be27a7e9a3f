import digits from "../../build/core.predict.wasm";
import type { Runner } from "../core/engine";
import { decode, providedCore } from "../core/inlined";
import { standIn } from "../core/standIn";
import { PAGES, wasmHeap } from "../core/wasmHeap";

/** What assembly/predict.ts exports. */
type CoreExports = Pick<Runner, "run" | "largest" | "clean"> & { heapBase(): number };

let current: Promise<Runner> | undefined;

/** The engine of all predictors, on one thread. */
export function predictionEngine(): Promise<Runner> {
  current ??= start().catch(standIn);
  return current;
}

async function start(): Promise<Runner> {
  if (typeof WebAssembly === "undefined") throw new Error("this runtime has no WebAssembly");
  const memory = new WebAssembly.Memory({ initial: 1, maximum: PAGES });
  const module = providedCore("predict") ?? await WebAssembly.compile(decode(digits));
  const { run, largest, clean, heapBase } = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as CoreExports;
  return { heap: wasmHeap(memory, heapBase()), team: undefined, networks: 0, run, largest, clean };
}
