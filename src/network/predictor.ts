import { State } from "../../assembly/records";
import type { Runner } from "../core/engine";
import { DeltawasmError } from "../core/errors";
import { newFloats } from "../core/memory";
import { show } from "../core/show";
import { countRows, type Rows } from "../data/rows";
import { runNow } from "../plan/run";
import type { Graph, NetworkSpec, Parameter } from "./graph";
import { copyInputs } from "./inputs";
import { writeParameter } from "./parameters";
import { PREDICTION_ROWS, predictionPlan, type PredictionPlan } from "./prediction";

function checkOut(out: unknown, length: number): void {
  if (!(out instanceof Float32Array || out instanceof Float64Array)) {
    throw new DeltawasmError("type", `out: expected a Float32Array or a Float64Array, got ${show(out)}`);
  }
  if (out.length !== length) throw new DeltawasmError("shape", `out: expected room for ${length} numbers, got ${out.length}`);
}

/** A network as far as it predicts: what `loadPredictor` of `deltawasm/predict` gives, and what every `Network` is. */
export class Predictor {
  /** What the network was made from: a frozen copy, plain data. */
  readonly spec: NetworkSpec;
  /**
   * Texts that are kept with the network: `save` puts them into the metadata of its file, and `load` gives them back. Say there what a
   * user of the file must know, such as how inputs are scaled.
   *
   * @example network.metadata.author = "Ada";
   */
  metadata: Record<string, string> = {};
  /** @internal */
  readonly graph: Graph;
  /** @internal */
  readonly engine: Runner;
  /** @internal Address of the flat vector of parameters. */
  readonly parameterBlock: number;
  readonly #blocks = new Set<number>();
  #plan: PredictionPlan | undefined;
  #disposed = false;
  #reading = false;

  /** @internal */
  constructor(graph: Graph, engine: Runner) {
    this.spec = graph.spec;
    this.graph = graph;
    this.engine = engine;
    this.parameterBlock = this.allocate(graph.total * 4);
    engine.networks++;
  }

  /** The shape of an input row: [features], [length, features] or [channels, height, width]. */
  get inputShape(): readonly number[] {
    return this.graph.inputShape;
  }

  /** The shape of an output row. */
  get outputShape(): readonly number[] {
    return this.graph.outputShape;
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
   * @param out where the outputs go, rows × `outputs` numbers: a control loop that brings its own array makes no garbage. Default: a new
   * Float32Array
   * @returns rows × `outputs`, row by row: `out` where it is given
   * @throws DeltawasmError `type`, `shape`, `empty`, `nonFinite`, `disposed`, `memory`
   *
   * @example network.predict(state, action); // one row, into the same array again and again
   */
  predict<Out extends Float32Array | Float64Array>(x: Rows, out: Out): Out;
  predict(x: Rows): Float32Array;
  predict(x: Rows, out?: Float32Array | Float64Array): Float32Array | Float64Array {
    this.beginReading();
    try {
      return this.#predict(x, out);
    } finally {
      this.endReading();
    }
  }

  #predict(x: Rows, out: Float32Array | Float64Array | undefined): Float32Array | Float64Array {
    const rows = countRows("x", x, this.graph.inputs);
    if (out !== undefined) checkOut(out, rows * this.graph.outputs);
    this.#plan = predictionPlan(this, Math.min(rows, PREDICTION_ROWS), this.#plan);
    const plan = this.#plan;
    const { heap } = this.engine;
    const { outputs } = this.graph;
    const result = out ?? newFloats(rows * outputs);
    for (let from = 0; from < rows; from += plan.capacity) {
      const to = Math.min(rows, from + plan.capacity);
      copyInputs(this, plan.x, "x", x, from, to);
      heap.d[plan.state / 8 + State.rows] = to - from;
      runNow(this.engine, plan.state, plan.forward);
      const output = plan.output.address / 4;
      for (let row = from; row < to; row++) {
        const first = output + (row - from) * plan.output.ld;
        for (let c = 0; c < outputs; c++) result[row * outputs + c] = heap.f[first + c];
      }
    }
    return result;
  }

  /**
   * Gives the memory of the network and of its trainers back; a `fit` that is running rejects with `disposed`. Further calls throw
   * `disposed`; a second `dispose` does nothing.
   *
   * @throws DeltawasmError `busy` where it is called by a getter of data that are being read
   */
  dispose(): void {
    if (this.#disposed) return;
    this.assertNotReading();
    this.#disposed = true;
    this.engine.team?.settle();
    for (const block of this.#blocks) this.engine.heap.free(block);
    this.#blocks.clear();
    this.#plan = undefined;
    if (--this.engine.networks === 0) this.engine.team?.end();
  }

  /** `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal */
  get isDisposed(): boolean {
    return this.#disposed;
  }

  /** @internal Bytes of all its blocks. */
  get memory(): number {
    return [...this.#blocks].reduce((sum, block) => sum + this.engine.heap.sizeOf(block), 0);
  }

  /** @internal Whether it can be used; where a team works on it while this thread goes on, after it is done. */
  assertUsable(): void {
    this.engine.team?.settle();
    if (this.#disposed) throw new DeltawasmError("disposed", "network: it was disposed; create a new one, or dispose it later");
  }

  /** @internal Throws inside a call that reads the user's data: their getters may not take the memory away. */
  assertNotReading(): void {
    if (this.#reading) throw new DeltawasmError("busy", "network: a call is still reading its data; a getter in them must not call back");
  }

  /** @internal A call reads the user's data from here to `endReading`. */
  beginReading(): void {
    this.assertUsable();
    this.assertNotReading();
    this.#reading = true;
  }

  /** @internal */
  endReading(): void {
    this.#reading = false;
  }

  /** @internal A block that lives as long as the network, unless it is given back. */
  allocate(bytes: number): number {
    this.assertUsable();
    const block = this.engine.heap.allocate(bytes);
    this.#blocks.add(block);
    return block;
  }

  /** @internal */
  release(block: number): void {
    if (this.#blocks.delete(block)) this.engine.heap.free(block);
  }

  /** @internal Writes parameters, each in its logical order. */
  write(tensors: ReadonlyMap<Parameter, Float32Array>): void {
    for (const [parameter, data] of tensors) writeParameter(this.engine.heap, this.parameterBlock, parameter, data);
  }
}
