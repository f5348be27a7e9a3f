import {
  Activation, ActivationBackward, ActivationForward, DenseForward, DenseInputGradient, DenseWeightGradient, Loss, LossKind, MeanLoss, Op,
  Optimize, Optimizer, PACK, PACKED_PANELS, RECORD_WORDS, State, STATE_LENGTH,
} from "../../assembly/records";
import type { Engine } from "../core/engine";
import { PlanBuilder, writeRecords } from "./builder";
import { record } from "./record";

/** Odd enough for every tail: rows and terms beyond whole tiles, an odd number of panels. */
const SIZE = { rows: 131, inputs: 93, outputs: 85 };
/** Milliseconds of work after which the engine has compiled what runs often with all it can do. */
const SETTLED = 60;
/** Runs of which the fastest counts, and steps of the run that is compared. */
const RUNS = 40;
const REPEATS = 3;
/** How much faster it must be to be worth an experiment. */
const WORTH = 1.1;

/** What came of training a layer on an engine: all its numbers, and the milliseconds that the fastest run took. */
export interface Trial {
  words: Int32Array;
  time: number;
}

/** Trains a layer on an engine, long enough for its code to be compiled as well as the runtime can. */
export function trial(engine: Engine): Trial {
  const training = new Training(engine);
  try {
    for (const since = performance.now(); performance.now() - since < SETTLED;) training.run();
    const time = training.fastest();
    training.restart();
    training.run(REPEATS);
    return { words: training.words(), time };
  } finally {
    training.free();
  }
}

/** Why an engine with wide registers can't be trusted, or isn't worth it; undefined where it is right and faster than a plain one. */
export function compareTrials(wide: Trial, plain: Trial): string | undefined {
  if (wide.words.some((word, n) => word !== plain.words[n])) return "no wide registers: they changed bits in this runtime";
  return plain.time / wide.time < WORTH ? "no wide registers: they are not faster here" : undefined;
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

  run(repeats = 1): void {
    this.#engine.run(this.#state, this.#records, this.#count, repeats);
  }

  fastest(): number {
    const times = Array.from({ length: RUNS }, () => {
      const since = performance.now();
      this.run(4);
      return performance.now() - since;
    });
    return Math.min(...times);
  }

  /** All that it works on, but the records, whose addresses differ, and the scratch behind them. */
  words(): Int32Array {
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
  const length = Math.ceil(outputs / 8) * 8 * Math.ceil(inputs / 4) * 4;
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
      kind, da: z.gradient, a: z.address, y: y.address, cols: outputs, ld: z.ld, ldy: y.ld, rowLoss, parameter: 0,
    }),
    record(Op.MeanLoss, MeanLoss, { kind, cols: outputs, rowLoss }),
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
