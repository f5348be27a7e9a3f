import { RECORD_WORDS, State, STATE_LENGTH } from "../../assembly/records";
import type { Engine } from "../core/engine";
import { DeltawasmError, show } from "../core/errors";
import { currentEngine } from "../core/init";
import { copyRows, countRows, type Rows } from "../data/rows";
import { readNetworkFile, writeNetworkFile } from "./file";
import { PlanBuilder, type Tensor, writeRecords } from "../plan/builder";
import { buildGraph, compileGraph, type Graph, type NetworkSpec, type Parameter } from "./graph";
import { initialise } from "./initialise";
import { readParameter, sizeOf, writeParameter } from "./parameters";

/** A tensor of parameters or gradients, copied out of the network. */
export interface NamedTensor {
  /** [outputs, inputs] of a weight, [outputs] of a bias. */
  shape: readonly number[];
  /** Row by row. */
  data: Float32Array;
}

/** What a network runs on. */
export interface Inspection {
  /** "wasm": the WebAssembly core. "reference": the same operations in plain TypeScript. */
  engine: "wasm" | "reference";
  /** Which build of the core. */
  build: "simd" | "none";
  threads: number;
  /** Weights and biases. */
  parameters: number;
  /** Bytes that this network holds, its trainers included. */
  memory: number;
  /** Bytes of all networks of the core, and of the core's memory, which never shrinks but is used again. */
  core: { used: number; capacity: number };
  /** Why it is not more. */
  notes: string[];
}

/** The operations of a prediction, compiled for up to `capacity` rows. */
interface PredictionPlan {
  block: number;
  capacity: number;
  state: number;
  records: number;
  count: number;
  x: Tensor;
  output: Tensor;
}

/** Rows that go through a prediction at once, at most. */
const PREDICTION_ROWS = 128;

/**
 * A neural network: layers, parameters and predictions. Train it with a `Trainer`.
 *
 * @example
 * const network = await Network.create({ input: 2, layers: [dense(4, "tanh"), dense(1, "sigmoid")], seed: 7 });
 * network.predict([[0, 1], [1, 1]]);   // Float32Array of 2 · 1
 */
export class Network {
  /** What the network was made from; plain data. */
  readonly spec: NetworkSpec;
  /** @internal */
  readonly graph: Graph;
  /** @internal */
  readonly engine: Engine;
  /** @internal Address of the flat vector of parameters. */
  readonly parameterBlock: number;
  readonly #blocks = new Map<number, number>();
  #plan: PredictionPlan | undefined;
  #disposed = false;

  private constructor(spec: NetworkSpec, graph: Graph, engine: Engine) {
    this.spec = spec;
    this.graph = graph;
    this.engine = engine;
    this.parameterBlock = this.allocate(graph.length * 4);
  }

  /**
   * Makes a network with initial weights.
   *
   * @throws DeltawasmError `type`, `range`, `unknown`, `empty` for a wrong spec; `memory` where it doesn't fit; `engine`
   */
  static async create(spec: NetworkSpec): Promise<Network> {
    const graph = buildGraph(spec);
    return Network.createOn(await currentEngine(), structuredClone(spec), graph);
  }

  /** @internal */
  static createOn(engine: Engine, spec: NetworkSpec, graph = buildGraph(spec)): Network {
    const network = new Network(spec, graph, engine);
    initialise(engine, graph, network.parameterBlock, spec.seed ?? 0);
    return network;
  }

  /**
   * Makes a network from what `save` gave.
   *
   * @throws DeltawasmError `file` for a damaged or foreign file; otherwise as `create`
   */
  static async load(bytes: Uint8Array | ArrayBuffer): Promise<Network> {
    const { spec, tensors } = readNetworkFile(bytes);
    const graph = buildGraph(spec);
    checkTensors("file", graph, tensors);
    const network = Network.createOn(await currentEngine(), spec, graph);
    network.setParameters(tensors);
    return network;
  }

  /** The network as a safetensors file: parameters, with the spec in its metadata. */
  save(): Uint8Array<ArrayBuffer> {
    this.assertUsable();
    return writeNetworkFile(this.spec, this.parameters());
  }

  /** Numbers in an input row. */
  get inputs(): number {
    return this.graph.inputs;
  }

  /** Numbers in an output row. */
  get outputs(): number {
    return this.graph.outputs;
  }

  /**
   * The outputs for rows of inputs. A row's result does not depend on the rows beside it.
   *
   * @param x rows of `inputs` numbers: flat, or an array of rows
   * @returns rows × `outputs`, row by row
   * @throws DeltawasmError `type`, `shape`, `empty`, `nonFinite`, `disposed`, `memory`
   */
  predict(x: Rows): Float32Array {
    this.assertUsable();
    const rows = countRows("x", x, this.graph.inputs);
    const plan = this.#planFor(Math.min(rows, PREDICTION_ROWS));
    const { heap } = this.engine;
    const { outputs } = this.graph;
    const result = new Float32Array(rows * outputs);
    for (let from = 0; from < rows; from += plan.capacity) {
      const to = Math.min(rows, from + plan.capacity);
      copyRows(heap, plan.x.address, plan.x.ld, "x", x, this.graph.inputs, from, to);
      heap.d[plan.state / 8 + State.rows] = to - from;
      this.engine.run(plan.state, plan.records, plan.count, 1);
      const output = plan.output.address / 4;
      for (let row = from; row < to; row++) {
        const first = output + (row - from) * plan.output.ld;
        for (let c = 0; c < outputs; c++) result[row * outputs + c] = heap.f[first + c];
      }
    }
    return result;
  }

  /** Copies of all parameters, named and shaped as PyTorch's state_dict of the same stack: `0.weight` [outputs, inputs], `0.bias`. */
  parameters(): Record<string, NamedTensor> {
    return this.readFlat(this.parameterBlock);
  }

  /**
   * Replaces parameters, all or some, by their names.
   *
   * @throws DeltawasmError `unknown` for a name, `shape`, `type`, `nonFinite`; nothing has changed then
   */
  setParameters(tensors: Record<string, { shape?: readonly number[]; data: ArrayLike<number> }>): void {
    this.assertUsable();
    checkTensors("parameters", this.graph, tensors, true);
    for (const parameter of this.graph.parameters) {
      const tensor = tensors[parameter.name];
      if (tensor) writeParameter(this.engine.heap, this.parameterBlock, parameter, tensor.data);
    }
  }

  /** Engine, threads, memory, and why not more. */
  inspect(): Inspection {
    this.assertUsable();
    const { engine } = this;
    const memory = [...this.#blocks.values()].reduce((sum, bytes) => sum + bytes, 0);
    return {
      engine: engine.kind,
      build: engine.kind === "wasm" ? "simd" : "none",
      threads: 1,
      parameters: this.graph.count,
      memory,
      core: { used: engine.heap.used, capacity: engine.heap.capacity },
      notes: engine.note === undefined ? [] : [engine.note],
    };
  }

  /** Gives the memory of the network and of its trainers back. Further calls throw `disposed`; a second `dispose` does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const block of this.#blocks.keys()) this.engine.heap.free(block);
    this.#blocks.clear();
    this.#plan = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal */
  get isDisposed(): boolean {
    return this.#disposed;
  }

  /** @internal */
  assertUsable(): void {
    if (this.#disposed) throw new DeltawasmError("disposed", "network: it was disposed; create a new one, or dispose it later");
  }

  /** @internal A block that lives as long as the network, unless it is given back. */
  allocate(bytes: number): number {
    const block = this.engine.heap.allocate(bytes);
    this.#blocks.set(block, bytes);
    return block;
  }

  /** @internal */
  release(block: number): void {
    if (this.#blocks.delete(block)) this.engine.heap.free(block);
  }

  /** @internal A flat vector laid out as the parameters, by name. */
  readFlat(block: number): Record<string, NamedTensor> {
    this.assertUsable();
    const inOrder = this.graph.nodes.flatMap((node) => node.parameters);
    return Object.fromEntries(inOrder.map((p) => [p.name, { shape: p.shape, data: readParameter(this.engine.heap, block, p) }]));
  }

  #planFor(rows: number): PredictionPlan {
    if (this.#plan && this.#plan.capacity >= rows) return this.#plan;
    if (this.#plan) this.release(this.#plan.block);
    this.#plan = undefined;
    const { size, scratchSize } = this.#compile(0, rows).builder;
    const block = this.allocate(size + scratchSize);
    const { plan, builder } = this.#compile(block, rows, scratchSize);
    builder.writeConstants(this.engine.heap);
    writeRecords(this.engine.heap, plan.records, builder.forward);
    this.#plan = plan;
    return plan;
  }

  #compile(block: number, capacity: number, scratchSize = 0): { plan: PredictionPlan; builder: PlanBuilder } {
    const builder = new PlanBuilder(block, capacity, false, scratchSize);
    const state = builder.reserve(STATE_LENGTH * 8);
    const x = builder.tensor(this.graph.inputs, false);
    const output = compileGraph(this.graph, builder, x, this.parameterBlock, 0, false);
    const count = builder.forward.length;
    const records = builder.reserve(count * RECORD_WORDS * 4);
    return { plan: { block, capacity, state, records, count, x, output }, builder };
  }
}

/** Throws unless the tensors have the names and shapes of the parameters; all of them, unless `partial`. */
function checkTensors(
  where: string, graph: Graph, tensors: Record<string, { shape?: readonly number[]; data: ArrayLike<number> }>, partial = false,
): void {
  if (typeof tensors !== "object" || tensors === null) {
    throw new DeltawasmError("type", `${where}: expected an object of named tensors, got ${show(tensors)}`);
  }
  const byName = new Map<string, Parameter>(graph.parameters.map((parameter) => [parameter.name, parameter]));
  const names = [...byName.keys()].join(", ");
  for (const [name, tensor] of Object.entries(tensors)) {
    const parameter = byName.get(name);
    if (!parameter) throw new DeltawasmError("unknown", `${where}: no parameter is named ${show(name)}; there are ${names}`);
    const { shape } = parameter;
    const length = sizeOf(shape);
    const given = tensor.shape ?? shape;
    if (given.length !== shape.length || given.some((size, axis) => size !== shape[axis]) || tensor.data?.length !== length) {
      throw new DeltawasmError("shape", `${where}["${name}"]: expected [${shape.join(", ")}], ${length} numbers, got [${given.join(", ")}], ${tensor.data?.length ?? "no"} numbers`);
    }
    for (let n = 0; n < length; n++) {
      const value = Math.fround(tensor.data[n]);
      if (!Number.isFinite(value)) throw new DeltawasmError("nonFinite", `${where}["${name}"]: expected finite numbers, got ${show(tensor.data[n])} at ${n}`);
    }
  }
  if (partial) return;
  for (const name of byName.keys()) {
    if (!(name in tensors)) throw new DeltawasmError("shape", `${where}: the parameter "${name}" is missing; there must be ${names}`);
  }
}
