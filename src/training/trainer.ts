import { State, Stop } from "../../assembly/records";
import { checkNumber, checkOptions } from "../core/check";
import { DeltawasmError, show } from "../core/errors";
import type { Labels, Rows } from "../data/rows";
import type { NamedTensor, Network } from "../network/network";
import { checkBatch, loadBatch } from "./batch";
import { checkData, type Data, DataBlock } from "./dataBlock";
import { type Evaluation, evaluateBlock } from "./evaluate";
import { checkFitOptions, type EpochReport, type FitOptions, type History } from "./fitOptions";
import { type LossOption, resolveLoss } from "./losses";
import { type OptimizerOption, resolveOptimizer } from "./optimizers";
import { attach, createSetup, createTrainingPlan, type TrainingPlan, type TrainingSetup } from "./plan";
import { SliceLength, yieldToHost } from "./slices";

/** How a network is trained. */
export interface TrainerOptions {
  /** What training makes small. */
  loss: LossOption;
  /** How a gradient becomes an update. Default "adam". */
  optimizer?: OptimizerOption;
  /** λ of the penalty λ Σ |w| over weights, not biases: the gradient gains λ sign w. Default 0. Reported losses are without it. */
  l1?: number;
  /** λ of the penalty (λ/2) Σ w² over weights, not biases: the gradient gains λ w. Default 0. Reported losses are without it. */
  l2?: number;
  /** Limits each gradient to ± this much. */
  clipValue?: number;
  /** Scales the gradient of all parameters together to at most this Euclidean norm, after clipValue. Pascanu et al. 2013. */
  clipNorm?: number;
}

/** What the random numbers of a trainer are for: beyond those of the layers' parameters. */
const SHUFFLE_STREAM = 0x80000000;

/**
 * Trains a network by backpropagation. Several trainers may take turns on one network.
 *
 * @example
 * const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: adam({ learningRate: 2e-3 }), l2: 1e-4 });
 * const history = await trainer.fit({ x, y }, { epochs: 30, batchSize: 32 });
 */
export class Trainer {
  readonly network: Network;
  readonly #setup: TrainingSetup;
  #plan: TrainingPlan | undefined;
  #epoch = 0;
  #busy = false;
  #disposed = false;

  /** @throws DeltawasmError `unknown`, `type`, `range`, `conflict`, `disposed`, `memory` */
  constructor(network: Network, options: TrainerOptions) {
    network.assertUsable();
    checkOptions("options", options, ["loss", "optimizer", "l1", "l2", "clipValue", "clipNorm"]);
    const loss = resolveLoss("options.loss", options.loss, network.graph);
    const optimizer = resolveOptimizer("options.optimizer", options.optimizer ?? "adam");
    const l1 = checkNumber("options.l1", options.l1 ?? 0, { min: 0, max: 1e6 });
    const l2 = checkNumber("options.l2", options.l2 ?? 0, { min: 0, max: 1e6 });
    const clipValue = options.clipValue === undefined ? 0 : checkNumber("options.clipValue", options.clipValue, { above: 0, max: 1e18 });
    const clipNorm = options.clipNorm === undefined ? 0 : checkNumber("options.clipNorm", options.clipNorm, { above: 0, max: 1e18 });

    this.network = network;
    this.#setup = createSetup(network, loss, optimizer, clipValue > 0, clipNorm > 0);
    const state = { l1, l2, clipValue, clipNorm, beta1Power: 1, beta2Power: 1 };
    for (const [name, value] of Object.entries(state)) this.#set(State[name as keyof typeof state], value);
    for (const { field, value } of optimizer.hyperparameters) this.#set(field, value);
  }

  /** Optimizer steps done. */
  get steps(): number {
    this.#assertUsable();
    return this.#get(State.step);
  }

  /** The optimizer's learning rate; may be set between steps. @throws DeltawasmError type, range */
  get learningRate(): number {
    this.#assertUsable();
    return this.#get(State.learningRate);
  }

  set learningRate(value: number) {
    this.#assertUsable();
    this.#set(State.learningRate, checkNumber("learningRate", value, { above: 0, max: 1e6 }));
  }

  /**
   * One step on one batch, at once: online learning.
   *
   * @param x rows of inputs; @param y as many rows of targets, or class indices for crossEntropy
   * @returns the mean loss of the batch before the update
   * @throws DeltawasmError `type`, `shape`, `empty`, `label`, `nonFinite`, `diverged`, `disposed`, `busy`, `memory`; nothing has changed then
   */
  step(x: Rows, y: Rows | Labels): number {
    this.#assertIdle();
    const plan = this.#load(x, y);
    if (this.#run(plan.step) === 0) throw this.#diverged("step", "take a smaller learning rate, clipNorm, or scale the data");
    return this.#get(State.loss);
  }

  /**
   * The loss of one batch and its gradients by all parameters (without l1 and l2), named and shaped as `network.parameters()`.
   *
   * @throws DeltawasmError as `step`
   */
  gradients(x: Rows, y: Rows | Labels): { loss: number; gradients: Record<string, NamedTensor> } {
    this.#assertIdle();
    const plan = this.#load(x, y);
    if (this.#run(plan.gradient) === 0) throw this.#diverged("gradients", "scale the data, or start from smaller weights");
    return { loss: this.#get(State.loss), gradients: this.network.readFlat(this.#setup.gradients) };
  }

  /**
   * Trains for some epochs, in slices of a few milliseconds between which the host is free. An abort ends it within a slice and
   * resolves with what was reached: `stopped` is "aborted" then.
   *
   * @throws DeltawasmError `type`, `shape`, `empty`, `label`, `nonFinite`, `range`, `unknown`, `busy`, `disposed`, `memory`, and
   * `diverged`; the network and the trainer are then as they were before the call
   */
  async fit(data: Data, options: FitOptions = {}): Promise<History> {
    const epochs: EpochReport[] = [];
    for await (const report of this.epochs(data, options)) epochs.push(report);
    return { epochs, stopped: options.signal?.aborted && epochs.length < (options.epochs ?? 10) ? "aborted" : "completed" };
  }

  /**
   * The same as `fit`, epoch by epoch in a loop of your own; leaving the loop ends the training. Errors as with `fit`.
   *
   * @example for await (const { epoch, loss } of trainer.epochs({ x, y }, { epochs: 20 })) console.log(epoch, loss);
   */
  async *epochs(data: Data, options: FitOptions = {}): AsyncGenerator<EpochReport, void, undefined> {
    this.#assertIdle();
    const settings = checkFitOptions(options);
    const { network } = this;
    this.#busy = true;
    const blocks: DataBlock[] = [];
    try {
      const lossName = this.#setup.loss.name;
      if (settings.validation) checkData("options.validation", settings.validation, network, lossName);
      const training = await DataBlock.load("data", data, network, lossName);
      blocks.push(training);
      const validation = settings.validation && await DataBlock.load("options.validation", settings.validation, network, lossName);
      if (validation) blocks.push(validation);
      this.#assertUsable();
      const before = this.#snapshot();
      const slice = new SliceLength();
      const steps = Math.ceil(training.rows / settings.batchSize);
      for (let epoch = 1; epoch <= settings.epochs && !settings.signal?.aborted; epoch++) {
        const started = performance.now();
        const plan = this.#beginEpoch(training, settings.batchSize, settings.shuffle);
        for (let step = 0; step < steps;) {
          const wanted = Math.min(slice.steps, steps - step);
          const sliceStarted = performance.now();
          const done = this.#run(plan.epoch, wanted);
          slice.measured(wanted, performance.now() - sliceStarted);
          step += done;
          if (done < wanted) {
            this.#restore(before);
            throw this.#diverged(`epoch ${epoch}, step ${step + 1}`, "take a smaller learning rate, clipNorm, or scale the data");
          }
          settings.onProgress?.({ epoch, epochs: settings.epochs, step, steps, loss: this.#get(State.loss) });
          await yieldToHost();
          this.#assertUsable();
          if (settings.signal?.aborted) break;
        }
        if (this.#get(State.cursor) < training.rows) break;
        this.#epoch++;
        const report: EpochReport = {
          epoch, loss: this.#get(State.lossSum) / this.#get(State.lossRows), seconds: (performance.now() - started) / 1000,
        };
        if (validation) report.validation = await this.#evaluate(validation, settings.batchSize);
        await settings.onEpoch?.(report);
        yield report;
        this.#assertUsable();
      }
      this.#assertFinite(before);
    } finally {
      for (const block of blocks) block.free();
      this.#busy = false;
    }
  }

  /**
   * The loss over a data set and, for crossEntropy and binaryCrossEntropy, the accuracy. Changes nothing.
   *
   * @throws DeltawasmError `type`, `shape`, `empty`, `label`, `nonFinite`, `diverged`, `busy`, `disposed`, `memory`
   */
  async evaluate(data: Data): Promise<Evaluation> {
    this.#assertIdle();
    this.#busy = true;
    let block: DataBlock | undefined;
    try {
      block = await DataBlock.load("data", data, this.network, this.#setup.loss.name);
      return await this.#evaluate(block, 128);
    } finally {
      block?.free();
      this.#busy = false;
    }
  }

  /** Gives the trainer's memory back; the network stays. Further calls throw `disposed`; a second `dispose` does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.network.isDisposed) return;
    this.network.release(this.#setup.block);
    if (this.#plan) this.network.release(this.#plan.block);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #get(field: State): number {
    return this.network.engine.heap.d[this.#setup.block / 8 + field];
  }

  #set(field: State, value: number): void {
    this.network.engine.heap.d[this.#setup.block / 8 + field] = value;
  }

  #run(list: { address: number; count: number }, repeats = 1): number {
    return this.network.engine.run(this.#setup.block, list.address, list.count, repeats);
  }

  #assertUsable(): void {
    if (this.#disposed) throw new DeltawasmError("disposed", "trainer: it was disposed; make a new Trainer, or dispose it later");
    this.network.assertUsable();
  }

  #assertIdle(): void {
    this.#assertUsable();
    if (this.#busy) throw new DeltawasmError("busy", "trainer: fit, epochs or evaluate is still running; await it first");
  }

  /** The plan for batches of `rows`; compiled anew only for larger batches or the other form of targets. */
  #planFor(rows: number, areLabels: boolean): TrainingPlan {
    const plan = this.#plan;
    if (plan && plan.capacity >= rows && plan.areLabels === areLabels) return plan;
    this.#plan = undefined;
    if (plan) this.network.release(plan.block);
    this.#plan = createTrainingPlan(this.network, this.#setup, Math.max(rows, plan?.capacity ?? 0), areLabels);
    return this.#plan;
  }

  /** Checks a batch and copies it to the plan's x and y. */
  #load(x: Rows, y: Rows | Labels): TrainingPlan {
    const targets = checkBatch(x, y, this.network, this.#setup.loss.name);
    const plan = this.#planFor(targets.rows, targets.areLabels);
    loadBatch(this.network, plan, this.#setup.block, x, y, targets);
    return plan;
  }

  #beginEpoch(data: DataBlock, batchSize: number, shuffle: boolean): TrainingPlan {
    const plan = this.#planFor(Math.min(batchSize, data.rows), data.areLabels);
    attach(this.network, plan.epoch, data);
    if (shuffle) {
      const seed = this.network.spec.seed ?? 0;
      this.network.engine.shuffle(data.order, data.rows, { seed, stream: SHUFFLE_STREAM, step: this.#epoch });
    }
    this.#set(State.batchSize, batchSize);
    this.#set(State.cursor, 0);
    this.#set(State.rowCount, data.rows);
    this.#set(State.lossSum, 0);
    this.#set(State.lossRows, 0);
    return plan;
  }

  async #evaluate(data: DataBlock, batchSize: number): Promise<Evaluation> {
    const plan = this.#planFor(Math.min(batchSize, data.rows), data.areLabels);
    attach(this.network, plan.evaluation, data);
    const { heap } = this.network.engine;
    this.#set(State.batchSize, plan.capacity);
    this.#set(State.cursor, 0);
    this.#set(State.rowCount, data.rows);
    this.#set(State.lossSum, 0);
    this.#set(State.lossRows, 0);
    const accuracy = await evaluateBlock({
      loss: this.#setup.loss.name, plan, heap, rows: data.rows,
      runBatch: () => {
        this.#assertUsable();
        if (this.#run(plan.evaluation) === 0) throw this.#diverged("evaluate", "the weights are too large: train anew with a smaller learning rate, or scale the data");
        return this.#get(State.rows);
      },
    });
    const loss = this.#get(State.lossSum) / this.#get(State.lossRows);
    return accuracy === undefined ? { loss } : { loss, accuracy };
  }

  /** The bits of all parameters, the optimizer's state and the epoch. */
  #snapshot(): Snapshot {
    const { engine: { heap }, parameterBlock, graph } = this.network;
    return {
      parameters: heap.i.slice(parameterBlock / 4, parameterBlock / 4 + graph.length),
      trainer: heap.i.slice(this.#setup.block / 4, (this.#setup.block + this.#setup.bytes) / 4),
      epoch: this.#epoch,
    };
  }

  #restore({ parameters, trainer, epoch }: Snapshot): void {
    const { heap } = this.network.engine;
    // The reason of the stop is told after the state went back.
    const [loss, stop] = [this.#get(State.loss), this.#get(State.stop)];
    heap.i.set(parameters, this.network.parameterBlock / 4);
    heap.i.set(trainer, this.#setup.block / 4);
    this.#set(State.loss, loss);
    this.#set(State.stop, stop);
    this.#epoch = epoch;
  }

  /** The update of a last step is not seen by any later loss. */
  #assertFinite(before: Snapshot): void {
    const { engine: { heap: { f } }, parameterBlock, graph } = this.network;
    for (let n = parameterBlock / 4; n < parameterBlock / 4 + graph.length; n++) {
      if (f[n] - f[n] !== 0) {
        this.#restore(before);
        throw new DeltawasmError("diverged", "the last update made a weight infinite or NaN: take a smaller learning rate, clipNorm, or scale the data; the network is as it was before");
      }
    }
  }

  #diverged(where: string, remedy: string): DeltawasmError {
    const what = this.#get(State.stop) === Stop.gradient ? "a gradient became too large for an update" : `the loss became ${show(this.#get(State.loss))}`;
    this.#set(State.stop, Stop.none);
    return new DeltawasmError("diverged", `${where}: ${what}: ${remedy}; the network is as it was before`);
  }
}

interface Snapshot {
  parameters: Int32Array;
  trainer: Int32Array;
  epoch: number;
}
