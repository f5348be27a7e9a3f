import { RECORD_WORDS, State, STATE_LENGTH } from "../../assembly/records";
import type { Engine } from "../../src/core/engine";
import type { LayerType } from "../../src/network/layers/layer";
import type { Shape } from "../../src/network/shape";
import { matrixOf } from "../../src/network/shape";
import { PlanBuilder, type Tensor, writeRecords } from "../../src/plan/builder";

/** How a layer is met. */
export interface Surroundings {
  rows: number;
  /** What goes in; as points, in the kernels' order. */
  input: Shape;
  /** Whether somebody asks for the gradient by the input, and whether somebody else needs the input. */
  hasGradient?: boolean;
  isSaved?: boolean;
  training?: boolean;
  random?: { seed: number; stream: number };
}

/** One layer compiled by itself, between tensors that a test reads and writes. */
export class LayerPlan<Spec> {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly parameters: { value: number; gradient: number; length: number }[];
  readonly forwardCount: number;
  readonly backwardCount: number;
  readonly #engine: Engine;
  readonly #state: number;
  readonly #records: number;

  constructor(engine: Engine, type: LayerType<Spec>, spec: Spec, around: Surroundings) {
    type.check("layers[0]", spec);
    const first = build(0, type, spec, around);
    const made = build(engine.heap.allocate(first.builder.size), type, spec, around, first.builder.reused);
    const { builder, state, records } = made;
    this.#engine = engine;
    this.#state = state;
    this.#records = records;
    this.x = made.x;
    this.y = made.y;
    this.parameters = made.parameters;
    this.forwardCount = builder.forward.length;
    this.backwardCount = builder.backward.length;
    builder.writeConstants(engine.heap);
    writeRecords(engine.heap, records, [...builder.forward, ...builder.backward]);
    engine.heap.d[state / 8 + State.rows] = around.rows;
  }

  setState(values: Partial<Record<keyof typeof State, number>>): void {
    for (const [name, value] of Object.entries(values)) this.#engine.heap.d[this.#state / 8 + State[name as keyof typeof State]] = value;
  }

  forward(): void {
    this.#engine.run(this.#state, this.#records, this.forwardCount, 1);
  }

  backward(): void {
    this.#engine.run(this.#state, this.#records + this.forwardCount * RECORD_WORDS * 4, this.backwardCount, 1);
  }

  /** Places of the numbers of a tensor at `address`, row by row, without padding. */
  #places(tensor: Tensor, address: number): number[] {
    const rows = this.#engine.heap.d[this.#state / 8 + State.rows] * tensor.points;
    return Array.from({ length: rows * tensor.cols }, (_, n) => address / 4 + Math.floor(n / tensor.cols) * tensor.ld + (n % tensor.cols));
  }

  read(tensor: Tensor, address = tensor.address): number[] {
    return this.#places(tensor, address).map((place) => this.#engine.heap.f[place]);
  }

  write(values: ArrayLike<number>, tensor: Tensor, address = tensor.address): void {
    this.#places(tensor, address).forEach((place, n) => this.#engine.heap.f[place] = values[n]);
  }

  floats(address: number, length: number): number[] {
    return Array.from(this.#engine.heap.f.subarray(address / 4, address / 4 + length));
  }
}

function build<Spec>(base: number, type: LayerType<Spec>, spec: Spec, around: Surroundings, reused?: ConstructorParameters<typeof PlanBuilder>[4]) {
  const { rows, input, hasGradient = true, isSaved = false, training = true, random = { seed: 1, stream: 5 } } = around;
  const builder = new PlanBuilder(base, rows, training, 1, reused);
  const state = builder.reserve(STATE_LENGTH * 8);
  const { points, cols } = matrixOf(input);
  const x = { ...builder.tensor(cols, hasGradient, points), saved: isSaved };
  const parameters = type.parameters(spec, [input]).map(({ layout: { length } }) => (
    { value: builder.reserve(length * 4), gradient: training ? builder.reserve(length * 4) : 0, length }
  ));
  const y = type.compile(spec, {
    builder, inputs: [x], x, inputShapes: [input], outputShape: type.shape("layers[0]", spec, [input]), parameters,
    trains: training && (hasGradient || parameters.length > 0), frozen: false, activationInLoss: false, random,
  });
  const records = builder.reserve((builder.forward.length + builder.backward.length) * RECORD_WORDS * 4);
  return { builder, state, x, y, parameters, records };
}
