import {
  Activation, ActivationBackward, ActivationForward, DenseForward, DenseInputGradient, DenseWeightGradient, Loss, LossKind, MeanLoss, Op,
  Optimize, Optimizer, PACK, PACKED_PANELS, RECORD_WORDS, State, STATE_LENGTH,
} from "../../assembly/records";
import type { Engine } from "../core/engine";
import { panelsLength, PlanBuilder, writeRecords } from "./builder";
import { record } from "./record";

/** Odd enough for every tail: rows and terms beyond whole tiles, an odd number of panels. */
const SIZE = { rows: 131, inputs: 93, outputs: 85 };
/** Milliseconds of work after which the engine has compiled what runs often with all it can do. */
const SETTLED = 60;
/** Runs of which the fastest counts, steps of each, and steps of the run whose bits are compared. */
const RUNS = 60;
const TIMED_STEPS = 4;
const COMPARED_STEPS = 3;
/** How much faster it must be to be worth an experiment. */
const WORTH = 1.1;

/** Trains a layer on an engine without wide registers, and then on one with them. */
export class WideCheck {
  readonly #plain: Training;

  /** With code that is compiled before wide registers are turned on, and so stays plain. */
  constructor(plain: Engine) {
    this.#plain = new Training(plain);
    this.#plain.settle();
  }

  /** Why the engine with wide registers can't be trusted, or isn't worth it; undefined where it is right and faster. */
  failure(engine: Engine): string | undefined {
    const plain = this.#plain, wide = new Training(engine);
    try {
      wide.settle();
      // By turns: other programs slow both down.
      let [fastest, fastestPlain] = [Infinity, Infinity];
      for (let run = 0; run < RUNS; run++) {
        fastestPlain = Math.min(fastestPlain, plain.time());
        fastest = Math.min(fastest, wide.time());
      }
      const [words, expected] = [wide, plain].map((training) => training.result());
      if (words.some((word, n) => word !== expected[n])) return "no wide registers: they changed bits in this runtime";
      return fastestPlain / fastest < WORTH ? "no wide registers: they are not faster here" : undefined;
    } finally {
      plain.free();
      wide.free();
    }
  }
}

/** One dense layer, forward and backward, with activation, loss and Adam. */
class Training {
  readonly #engine: Engine;
  readonly #block: number;
  readonly #state: number;
  readonly #records: number;
  readonly #count: number;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#block = engine.heap.allocate(layOut(0).builder.size);
    const { state, records, list } = layOut(this.#block);
    this.#state = state;
    this.#records = records;
    this.#count = list.length;
    this.restart();
  }

  restart(): void {
    const engine = this.#engine, { heap } = engine;
    const { state, records, list, fills, builder } = layOut(this.#block);
    heap.i.fill(0, this.#block / 4, records / 4);
    fills.forEach(({ address, length }, stream) => engine.fillUniform(address, length, -0.5, 0.5, { seed: 1, stream, step: 0 }));
    const values = { rows: SIZE.rows, learningRate: 1e-3, momentum: 0.9, beta2: 0.999, epsilon: 1e-7, beta1Power: 1, beta2Power: 1 };
    for (const [name, value] of Object.entries(values)) heap.d[state / 8 + State[name as keyof typeof values]] = value;
    builder.writeConstants(heap);
    writeRecords(heap, records, list);
  }

  #run(repeats: number): void {
    this.#engine.run(this.#state, this.#records, this.#count, repeats);
  }

  /** Works until the code is compiled as well as the runtime can. */
  settle(): void {
    for (const since = performance.now(); performance.now() - since < SETTLED;) this.#run(1);
  }

  /** Milliseconds of a few steps. */
  time(): number {
    const since = performance.now();
    this.#run(TIMED_STEPS);
    return performance.now() - since;
  }

  /** All that it works on after some steps from the start: not the records, whose addresses differ, nor the scratch behind them. */
  result(): Int32Array {
    this.restart();
    this.#run(COMPARED_STEPS);
    return this.#engine.heap.i.slice(this.#block / 4, this.#records / 4);
  }

  free(): void {
    this.#engine.heap.free(this.#block);
  }
}

function layOut(base: number) {
  const { rows, inputs, outputs } = SIZE;
  const builder = new PlanBuilder(base, rows, true);
  const state = builder.reserve(STATE_LENGTH * 8);
  const [x, z] = [builder.tensor(inputs, true), builder.tensor(outputs, true)];
  const length = panelsLength(inputs, outputs);
  const [w, dw, slot1, slot2] = Array.from({ length: 4 }, () => builder.reserve(length * 4));
  const y = { address: builder.reserve(rows * z.ld * 4), ld: z.ld };
  const rowLoss = builder.reserve(rows * 4);
  const records = builder.reserve(16 * RECORD_WORDS * 4);
  const panel = builder.reserve(PACKED_PANELS);
  const pack = builder.reserve(PACKED_PANELS + PACK * 4);
  const activation = { kind: Activation.tanh, cols: outputs, ld: z.ld, parameter: 0 };
  const layer = { inputs, outputs, pack };
  const kind = LossKind.meanSquaredError;
  const list = [
    record(Op.DenseForward, DenseForward, { ...layer, z: z.address, ldz: z.ld, x: x.address, ldx: x.ld, w, bias: w }),
    record(Op.ActivationForward, ActivationForward, { ...activation, a: z.address, z: z.address }),
    record(Op.Loss, Loss, {
      kind, da: z.gradient, a: z.address, y: y.address, cols: outputs, ld: z.ld, ldy: y.ld, rowLoss, parameter: 0, weights: 0,
    }),
    record(Op.MeanLoss, MeanLoss, { kind, cols: outputs, rowLoss, weights: 0 }),
    record(Op.ActivationBackward, ActivationBackward, { ...activation, dz: z.gradient, da: z.gradient, saved: z.address }),
    record(Op.DenseInputGradient, DenseInputGradient, {
      ...layer, dx: x.gradient, lddx: x.ld, dz: z.gradient, lddz: z.ld, w, panel,
    }),
    record(Op.DenseWeightGradient, DenseWeightGradient, {
      ...layer, dw, dbias: 0, x: x.address, ldx: x.ld, dz: z.gradient, lddz: z.ld,
    }),
    record(Op.Advance, {}, {}),
    record(Op.Optimize, Optimize, { kind: Optimizer.adam, w, g: dw, slot1, slot2, decayed: length, count: length }),
  ];
  const fills = [{ address: x.address, length: rows * x.ld }, { address: w, length }, { address: y.address, length: rows * y.ld }];
  return { builder, state, records, list, fills };
}
