import { State, STATE_LENGTH } from "../../assembly/records/state";
import { Outputs } from "./activations";
import { stepsOfSample } from "./cost";
import { norm } from "./norms";
import { type Batches, type Core, type DataBlock, type ObservedLayer, observedLayers, type Plan } from "./observed";
import type { DiagnosisSample } from "./record";

/** Rows of the data that a sample looks at, where there are so many: a unit that is needed for one row in fifty is seen to live. */
export const SAMPLED_ROWS = 256;

/**
 * Looks at a network in training: carries out forward and backward operations of its training on some of the rows. What they write
 * (activations, gradients) each step writes anew; the counts of the trainer are put back.
 */
export class Sampler {
  readonly #core: Core;
  readonly #batches: Batches;
  #plan: Plan | undefined;
  #layers: ObservedLayer[] = [];
  #cost = 0;

  constructor(core: Core, batches: Batches) {
    this.#core = core;
    this.#batches = batches;
  }

  /** As of the plan that was sampled last. */
  get layers(): readonly ObservedLayer[] {
    return this.#layers;
  }

  /** About how many steps of training take as long as the last sample. */
  get cost(): number {
    return this.#cost;
  }

  /** A sample of rows of the data; undefined where its loss is not finite. */
  take(data: DataBlock, epoch: number): DiagnosisSample | undefined {
    const core = this.#core;
    const { network: { engine: { heap } }, setup, state } = core;
    const plan = core.epochPlan(data, this.#batches.batchSize, this.#batches.accumulate > 1);
    if (this.#plan !== plan) this.#layers = observedLayers(core, plan);
    this.#plan = plan;
    const kept = heap.d.slice(setup.block / 8, setup.block / 8 + STATE_LENGTH);
    try {
      return this.#look(plan, data, epoch, state.get(State.step));
    } finally {
      heap.d.set(kept, setup.block / 8);
    }
  }

  #look(plan: Plan, data: DataBlock, epoch: number, step: number): DiagnosisSample | undefined {
    const { network: { engine: { heap }, parameterBlock }, setup, state } = this.#core;
    const layers = this.#layers;
    const rows = Math.min(data.rows, SAMPLED_ROWS);
    const size = Math.min(plan.capacity, this.#batches.batchSize, rows);
    const outputs = layers.map((layer) => (layer.tensor ? new Outputs({ ...layer, tensor: layer.tensor }, rows) : undefined));
    this.#cost = stepsOfSample(this.#core, plan, this.#batches, rows, outputs.reduce((sum, output) => sum + (output?.length ?? 0), 0));
    let norms: { gradientNorm: number; weightNorm: number }[] = [];
    let loss = 0, weight = 0;
    for (let from = 0; from < rows; from += size) {
      const count = Math.min(size, rows - from);
      this.#load(plan, data, from, count, rows);
      // Gradients are those of the first batch: they are what a step of this size would see.
      if (state.run(from === 0 ? plan.gradient : plan.loss) === 0) return undefined;
      const counted = data.areWeighted ? state.get(State.weight) : count;
      loss += state.get(State.loss) * counted;
      weight += counted;
      if (from === 0) {
        norms = layers.map((layer) => ({ gradientNorm: norm(heap.f, setup.gradients, layer), weightNorm: norm(heap.f, parameterBlock, layer) }));
      }
      for (const output of outputs) output?.add(heap.f, from, count);
    }
    return {
      epoch, step, rows, loss: weight > 0 ? loss / weight : 0,
      layers: layers.map(({ name, type, activation, ranges }, n) => {
        const activations = outputs[n]?.sample;
        return { layer: name, type, activation, ...(activations ? { activations } : {}), ...(ranges.length > 0 ? norms[n] : {}) };
      }),
    };
  }

  /** Copies rows, spread evenly over the data in the order of the epoch, to where the plan has its batch. */
  #load(plan: Plan, data: DataBlock, from: number, count: number, of: number): void {
    const { engine: { heap: { i, d } }, inputs, outputs } = this.#core.network;
    const copy = (to: number, first: number, length: number) => i.copyWithin(to, first, first + length);
    for (let n = 0; n < count; n++) {
      const row = i[data.order / 4 + Math.floor(((from + n) * data.rows) / of)];
      copy(plan.x.address / 4 + n * plan.x.ld, data.x / 4 + row * data.xStride, inputs);
      copy(plan.y.address / 4 + n * (plan.y.ld || 1), data.y / 4 + row * data.yStride, data.areLabels ? 1 : outputs);
      if (data.areWeighted) copy(plan.weights / 4 + n, data.weights / 4 + row, 1);
    }
    const state = this.#core.setup.block / 8;
    d[state + State.rows] = count;
    d[state + State.weight] = count;
  }
}
