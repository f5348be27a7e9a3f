import type { Engine } from "../core/engine";
import { DeltawasmError } from "../core/errors";
import { gibibytes, Heap, type Views } from "../core/heap";
import { splitSeed } from "../core/seed";
import { run } from "./execute";
import { clean, largest } from "./gradient";
import { arithmetic, type Machine, type Precision } from "./machine";
import * as random from "./random";

/** The engine in plain TypeScript: float32 has the bits of the core, float64 the precision that gradient checks need. */
export function createReferenceEngine(precision: Precision, note?: string): Engine {
  // Addresses start at 64, so that 0 means "none", as in the core.
  const heap = new Heap(64, precision === "float32" ? sharedViews() : separateViews());
  const machine: Machine = {
    get f() { return heap.f; },
    get i() { return heap.i; },
    get d() { return heap.d; },
    ...arithmetic[precision],
  };
  const u32 = () => new Uint32Array(heap.i.buffer);
  return {
    kind: "reference",
    build: "none",
    wide: false,
    notes: note === undefined ? [] : [note],
    heap,
    team: undefined,
    networks: 0,
    run: (state, records, count, repeats) => run({ ...machine, f: heap.f, i: heap.i, d: heap.d }, state, records, count, repeats),
    largest: (x, count) => largest({ ...machine, f: heap.f, i: heap.i, d: heap.d }, x / 4, count),
    clean: (x, count) => clean({ ...machine, f: heap.f, i: heap.i, d: heap.d }, x / 4, count),
    shuffle: (order, count, { seed, stream, step }) => random.shuffle(u32(), order / 4, count, ...splitSeed(seed), stream, step),
    fillPanelsUniform: (w, inputs, outputs, low, high, { seed, stream, step }) =>
      random.fillPanelsUniform(heap.f, w / 4, inputs, outputs, low, high, ...splitSeed(seed), stream, step, 0),
    fillPanelsNormal: (w, inputs, outputs, mean, deviation, { seed, stream, step }) =>
      random.fillPanelsNormal(heap.f, w / 4, inputs, outputs, mean, deviation, ...splitSeed(seed), stream, step, 0),
    fillUniform: (x, count, low, high, { seed, stream, step }) =>
      random.fillUniform(heap.f, x / 4, count, low, high, ...splitSeed(seed), stream, step, 0),
    fillNormal: (x, count, mean, deviation, { seed, stream, step }) =>
      random.fillNormal(heap.f, x / 4, count, mean, deviation, ...splitSeed(seed), stream, step, 0),
  };
}

/** All views on one buffer, as in the core. */
function sharedViews(): (bytes: number) => Views {
  let bytesNow = new Uint8Array(0);
  return (bytes) => {
    const grown = new Uint8Array(allocate(bytes, bytesNow.length));
    grown.set(bytesNow);
    bytesNow = grown;
    return { f: new Float32Array(grown.buffer), i: new Int32Array(grown.buffer), d: new Float64Array(grown.buffer) };
  };
}

/** A 64-bit float for each 32-bit one, so each kind of number has a buffer of its own behind the same addresses. */
function separateViews(): (bytes: number) => Views {
  let now: { f: Float64Array; i: Int32Array; d: Float64Array } = { f: new Float64Array(0), i: new Int32Array(0), d: new Float64Array(0) };
  return (bytes) => {
    const size = allocate(bytes, now.i.length * 4).byteLength;
    const grown = { f: new Float64Array(size / 4), i: new Int32Array(size / 4), d: new Float64Array(size / 8) };
    grown.f.set(now.f);
    grown.i.set(now.i);
    grown.d.set(now.d);
    now = grown;
    return grown;
  };
}

/** A buffer for `bytes`, half as large again as the one before: copying is what growing costs here. */
function allocate(bytes: number, before: number): ArrayBuffer {
  const size = Math.ceil(Math.max(bytes, before * 1.5) / 65536) * 65536;
  try {
    return new ArrayBuffer(size);
  } catch {
    throw new DeltawasmError("memory", `the reference engine got no buffer of ${gibibytes(size)} GiB: use a smaller network, batch size or data set`);
  }
}
