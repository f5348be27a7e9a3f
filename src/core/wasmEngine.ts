import { instantiateSync } from "@assemblyscript/loader";
import type { Engine } from "./engine";
import type { Build } from "./coreBytes";
import { splitSeed } from "./seed";
import { Team } from "./team";
import { PAGES, wasmHeap } from "./wasmHeap";

/** Pages of the smallest shared memory that is of use: 64 MiB. */
const LEAST_SHARED = 1024;

/** What assembly/index.ts exports. */
interface CoreExports {
  heapBase(): number;
  run(state: number, records: number, count: number, repeats: number): number;
  largest(x: number, count: number): number;
  clean(x: number, count: number): number;
  shuffle(order: number, count: number, seedLow: number, seedHigh: number, stream: number, step: number): void;
  fillNormal: Fill;
  fillUniform: Fill;
  fillPanelsNormal: FillPanels;
  fillPanelsUniform: FillPanels;
  setWide(on: boolean): void;
  /** Of the cores for teams. */
  lead?(team: number): number;
}

const coreFunctions: readonly (keyof CoreExports)[] = [
  "heapBase", "run", "largest", "clean", "shuffle", "fillNormal", "fillUniform", "fillPanelsNormal", "fillPanelsUniform", "setWide",
];

type Fill = (
  x: number, count: number, a: number, b: number, seedLow: number, seedHigh: number, stream: number, step: number, index: number,
) => void;
type FillPanels = (
  w: number, inputs: number, outputs: number, a: number, b: number,
  seedLow: number, seedHigh: number, stream: number, step: number, index: number,
) => void;

/** What a core is, and for how many threads. */
export interface CoreOptions {
  build?: Build;
  /** More than one takes a core for teams. */
  threads?: number;
  /** Whether the runtime makes 256-bit operations of pairs of 128-bit ones: takes the kernels that are shaped for that. */
  wide?: boolean;
  notes?: readonly string[];
}

/** Also where it is of another realm, whose `WebAssembly.Module` is not ours. */
const isModule = (source: object): source is WebAssembly.Module => Object.prototype.toString.call(source) === "[object WebAssembly.Module]";

/** The engine on a WebAssembly core. Rejects with what WebAssembly throws where the module can't be compiled. */
export async function createWasmEngine(
  source: WebAssembly.Module | BufferSource, { build = "simd", threads = 1, wide = false, notes = [] }: CoreOptions = {},
): Promise<Engine> {
  const memory = threads > 1 ? sharedMemory() : new WebAssembly.Memory({ initial: 1, maximum: PAGES });
  // Compiled here, not by the loader's `instantiate`: that asks whether it got a Response, at which Node loads all of fetch, 25 ms.
  const module = isModule(source) ? source : await WebAssembly.compile(source);
  const imports = { env: { memory } };
  // The loader takes no module of another realm, such as the one around a sandbox.
  const { instance } = module instanceof WebAssembly.Module ? instantiateSync(module, imports) : { instance: new WebAssembly.Instance(module, imports) };
  // The loader's wrappers cost as much as a small kernel does; the exports are plain functions of numbers.
  const core = instance.exports as unknown as CoreExports;
  if (coreFunctions.some((name) => typeof core[name] !== "function")) throw new TypeError("the module is not the core of deltawasm");
  core.setWide(wide);
  const heap = wasmHeap(memory, core.heapBase());
  return {
    kind: "wasm",
    build,
    wide,
    notes,
    heap,
    team: threads > 1 && core.lead ? new Team(threads, heap, { module, memory, wide }, core.lead) : undefined,
    networks: 0,
    run: core.run,
    largest: core.largest,
    clean: core.clean,
    shuffle: (order, count, { seed, stream, step }) => core.shuffle(order, count, ...splitSeed(seed), stream, step),
    fillNormal: (x, count, mean, deviation, { seed, stream, step }) =>
      core.fillNormal(x, count, mean, deviation, ...splitSeed(seed), stream, step, 0),
    fillUniform: (x, count, low, high, { seed, stream, step }) =>
      core.fillUniform(x, count, low, high, ...splitSeed(seed), stream, step, 0),
    fillPanelsNormal: (w, inputs, outputs, mean, deviation, { seed, stream, step }) =>
      core.fillPanelsNormal(w, inputs, outputs, mean, deviation, ...splitSeed(seed), stream, step, 0),
    fillPanelsUniform: (w, inputs, outputs, low, high, { seed, stream, step }) =>
      core.fillPanelsUniform(w, inputs, outputs, low, high, ...splitSeed(seed), stream, step, 0),
  };
}

/** Shared memory can't move when it grows, so some runtimes set the room for its maximum aside, and refuse too much. */
function sharedMemory(): WebAssembly.Memory {
  for (let maximum = PAGES; ; maximum /= 2) {
    try {
      return new WebAssembly.Memory({ initial: 1, maximum, shared: true });
    } catch (error) {
      if (maximum <= LEAST_SHARED) throw error;
    }
  }
}
