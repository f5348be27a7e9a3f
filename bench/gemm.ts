import {
  DenseForward, DenseInputGradient, DenseWeightGradient, Op, PACK, PACK_ROWS, PACKED_PANELS, RECORD_WORDS, State,
  STATE_LENGTH,
} from "../assembly/records";
import type { Engine } from "../src/core/engine";
import { panelsLength, PlanBuilder, writeRecords } from "../src/plan/builder";
import { record } from "../src/plan/record";
import type { Case } from "./measure";

/** The products of a dense layer: forward (nn), by the weights (tn), by the inputs (nt). */
export type Product = "nn" | "tn" | "nt";

const products = {
  /** rows × inputs · inputs × outputs: m, k, n. */
  nn: (m: number, n: number, k: number) => ({ rows: m, inputs: k, outputs: n }),
  /** (rows × inputs)ᵀ · rows × outputs. */
  tn: (m: number, n: number, k: number) => ({ rows: k, inputs: m, outputs: n }),
  /** rows × outputs · (inputs × outputs)ᵀ. */
  nt: (m: number, n: number, k: number) => ({ rows: m, inputs: n, outputs: k }),
};

/** Floats of scratch that any of the products may need. */
const SCRATCH = PACKED_PANELS / 2 + PACK;

/** A product of [m, k] and [k, n] by the core's own record, on its own layouts. */
export function gemmCase(engine: Engine, name: string, product: Product, m: number, n: number, k: number): Case {
  const { rows, inputs, outputs } = products[product](m, n, k);
  const { heap } = engine;
  const layout = (base: number) => {
    const builder = new PlanBuilder(base, rows, true, 1, { scratch: SCRATCH * 4, buffers: [] });
    const state = builder.reserve(STATE_LENGTH * 8);
    const x = builder.tensor(inputs, true);
    const z = builder.tensor(outputs, true);
    const weights = panelsLength(inputs, outputs);
    const w = builder.reserve(weights * 4);
    const dw = builder.reserve(weights * 4);
    const [scratch] = builder.scratch(SCRATCH);
    const records = builder.reserve(RECORD_WORDS * 4);
    return { builder, state, x, z, w, dw, weights, scratch, records };
  };
  const block = heap.allocate(layout(0).builder.size);
  const { state, x, z, w, dw, weights, scratch, records } = layout(block);
  heap.d[state / 8 + State.rows] = rows;
  const fill = (address: number, count: number) => engine.fillUniform(address, count, -1, 1, { seed: 1, stream: address, step: 0 });
  fill(x.address, rows * x.ld);
  fill(z.gradient, rows * z.ld);
  fill(w, weights);
  const size = { inputs, outputs };
  const pack = rows < PACK_ROWS ? 0 : scratch;
  const words = {
    nn: () => record(Op.DenseForward, DenseForward, { z: z.address, ldz: z.ld, x: x.address, ldx: x.ld, w, bias: 0, ...size, pack }),
    tn: () => record(Op.DenseWeightGradient, DenseWeightGradient, {
      dw, dbias: 0, x: x.address, ldx: x.ld, dz: z.gradient, lddz: z.ld, ...size, pack,
    }),
    nt: () => record(Op.DenseInputGradient, DenseInputGradient, {
      dx: x.gradient, lddx: x.ld, dz: z.gradient, lddz: z.ld, w, ...size, panel: scratch, pack: pack && pack + PACKED_PANELS,
    }),
  }[product]();
  writeRecords(heap, records, [words]);
  return {
    case: name, engine: "wasm", build: "simd", threads: 1, unit: "GFLOP/s",
    run: (times) => {
      engine.run(state, records, 1, times);
    },
    toUnit: (seconds) => (2 * rows * inputs * outputs) / seconds / 1e9,
    end: () => heap.free(block),
  };
}

/** The squares from 32 to 1024 and the skinny products of training, each in its three forms. */
export const gemmShapes: { name: string; m: number; n: number; k: number; product: Product }[] = [
  ...[32, 64, 128, 256, 512, 1024].flatMap((size) => (
    (["nn", "nt", "tn"] as const).map((product) => ({ name: `gemm-${product}-${size}`, m: size, n: size, k: size, product }))
  )),
  // [batch, inputs] · [inputs, outputs] of 784-128 at batch 32 and 128, and its gradients.
  ...[32, 128].flatMap((rows) => [
    { name: `gemm-nn-${rows}x128x784`, m: rows, n: 128, k: 784, product: "nn" as const },
    { name: `gemm-tn-784x128x${rows}`, m: 784, n: 128, k: rows, product: "tn" as const },
    { name: `gemm-nt-${rows}x784x128`, m: rows, n: 784, k: 128, product: "nt" as const },
  ]),
];
