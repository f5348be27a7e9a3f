import { State } from "../../assembly/records";
import { checkNumber } from "../core/check";
import { isLostInStep } from "../core/team";
import { DeltawasmError } from "../core/errors";
import type { Labels, Rows } from "../data/rows";
import { checkNetwork, type NamedTensor, type Network } from "../network/network";
import { loadBatch } from "./batch";
import { checkData, checkPair, type Data, DataBlock } from "./dataBlock";
import { type Evaluation, evaluateBlock } from "./evaluate";
import { checkFitOptions, type EpochReport, type FitOptions, type History, type Settings } from "./fitOptions";
import { createEvaluationPlan, type EvaluationPlan } from "./evaluationPlan";
import { attach, createTrainingPlan, type TrainingPlan } from "./plan";
import { PlanSlot } from "./planSlot";
import { createSetup, type TrainingSetup } from "./setup";
import { Slices } from "./slices";
import { Copies, TrainingState } from "./state";
import { checkTrainerOptions, type TrainerOptions } from "./trainerOptions";

/** Rows that `evaluate` takes at once. */
const EVALUATION_ROWS = 128;
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
  /** What it trains. */
  readonly network: Network;
  readonly #setup: TrainingSetup;
  readonly #state: TrainingState;
  readonly #training: PlanSlot<TrainingPlan>;
  readonly #evaluation: PlanSlot<EvaluationPlan>;
  #slices: Slices | undefined;
  #epoch = 0;
  #busy = false;
  #disposed = false;

  /**
   * @throws DeltawasmError `unknown`, `type`, `range`, `disposed`, `memory`; `conflict` for a loss that doesn't fit the network's
   * last activation
   */
  constructor(network: Network, options: TrainerOptions) {
    checkNetwork(network);
    const resolved = checkTrainerOptions(options, network.graph);
    this.network = network;
    this.#setup = createSetup(network, resolved);
    this.#state = new TrainingState(network, this.#setup);
    this.#training = new PlanSlot(network, this.#setup, createTrainingPlan);
    this.#evaluation = new PlanSlot(network, this.#setup, createEvaluationPlan);
  }

  /** Optimizer steps done. @throws DeltawasmError `disposed` */
  get steps(): number {
    this.#assertUsable();
    return this.#state.get(State.step);
  }

  /**
   * The optimizer's learning rate, greater than 0 and at most 1e6; may be set between steps, and while `fit` runs.
   *
   * @throws DeltawasmError `type`, `range`, `disposed`
   */
  get learningRate(): number {
    this.#assertUsable();
    return this.#state.get(State.learningRate);
  }

  set learningRate(value: number) {
    this.#assertUsable();
    this.#state.set(State.learningRate, checkNumber("learningRate", value, { above: 0, max: 1e6 }));
  }

  /**
   * One step on one batch, at once: online learning.
   *
   * @param x rows of inputs: flat, or an array of rows
   * @param y as many rows of targets, or class indices for crossEntropy
   * @returns the mean loss of the batch before the update, without l1 and l2
   * @throws DeltawasmError `type`, `shape`, `empty`, `label`, `nonFinite`, `range` (targets that are no probabilities),
   * `diverged`, `disposed`, `busy`, `memory`, `worker`; nothing has changed then
   */
  step(x: Rows, y: Rows | Labels): number {
    this.#assertMayTrain();
    this.network.engine.team?.assertAlive();
    const plan = this.#load(x, y);
    if (this.#state.run(plan.step) === 0) throw this.#state.diverged("step", "take a smaller learning rate, clipNorm, or scale the data");
    return this.#state.get(State.loss);
  }

  /**
   * The loss of one batch and its gradients by all parameters (without l1 and l2), named and shaped as `network.parameters()`.
   *
   * @throws DeltawasmError as `step`
   */
  gradients(x: Rows, y: Rows | Labels): { loss: number; gradients: Record<string, NamedTensor> } {
    this.#assertIdle();
    const plan = this.#load(x, y);
    if (this.#state.run(plan.gradient) === 0) throw this.#state.diverged("gradients", "scale the data, or start from smaller weights");
    return { loss: this.#state.get(State.loss), gradients: this.network.readGradients(this.#setup.gradients) };
  }

  /**
   * Trains for some epochs, in slices of a few milliseconds between which the host is free. An abort ends it within a slice and
   * resolves with what was reached: `stopped` is "aborted" then. No two trainers train the same network at a time.
   *
   * @throws DeltawasmError `type`, `shape`, `empty`, `label`, `nonFinite`, `range`, `unknown`, `busy`, `disposed`, `memory`, and
   * `diverged`; the network and the trainer are then as they were before the call. What a callback throws, as it is.
   */
  async fit(data: Data, options: FitOptions = {}): Promise<History> {
    const epochs: EpochReport[] = [];
    const training = this.#train(data, checkFitOptions(options));
    for (;;) {
      const { done, value } = await training.next();
      if (done) return { epochs, stopped: value };
      epochs.push(value);
    }
  }

  /**
   * The same as `fit`, epoch by epoch in a loop of your own, whose body may evaluate, step and predict. Leaving the loop ends the
   * training; the network keeps the epochs that were done. Nothing happens before the first epoch is asked for.
   *
   * @throws DeltawasmError as `fit`, when an epoch is asked for
   *
   * @example for await (const { epoch, loss } of trainer.epochs({ x, y }, { epochs: 20 })) console.log(epoch, loss);
   */
  async *epochs(data: Data, options: FitOptions = {}): AsyncGenerator<EpochReport, void, undefined> {
    yield* this.#train(data, checkFitOptions(options));
  }

  /**
   * The loss over a data set and, for crossEntropy and binaryCrossEntropy, the accuracy. Changes nothing.
   *
   * @throws DeltawasmError `type`, `shape`, `empty`, `label`, `nonFinite`, `range`, `diverged` (the loss is not finite), `busy`,
   * `disposed`, `memory`
   */
  async evaluate(data: Data): Promise<Evaluation> {
    this.#assertIdle();
    this.#busy = true;
    let block: DataBlock | undefined;
    try {
      block = await DataBlock.load("data", data, this.network, this.#setup.loss.name);
      return await this.#evaluate(block, EVALUATION_ROWS);
    } finally {
      block?.free();
      this.#busy = false;
    }
  }

  /**
   * Gives the trainer's memory back; the network stays as it is trained. A `fit` that is running rejects with `disposed`. Further
   * calls throw `disposed`; a second `dispose` does nothing.
   *
   * @throws DeltawasmError `busy` where it is called by a getter of data that are being read
   */
  dispose(): void {
    if (this.#disposed) return;
    this.network.assertNotReading();
    this.#disposed = true;
    if (this.network.isDisposed) return;
    this.network.engine.team?.settle();
    this.network.release(this.#setup.block);
    this.#training.free();
    this.#evaluation.free();
  }

  /** `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #assertUsable(): void {
    if (this.#disposed) throw new DeltawasmError("disposed", "trainer: it was disposed; make a new Trainer, or dispose it later");
    this.network.assertUsable();
  }

  #assertIdle(): void {
    this.#assertUsable();
    if (this.#busy) throw new DeltawasmError("busy", "trainer: fit, epochs or evaluate is still running; await it first");
  }

  #assertMayTrain(): void {
    this.#assertIdle();
    if (this.network.training) throw new DeltawasmError("busy", "network: another trainer's fit or epochs is still running on it; await it first");
  }

  #begin(): void {
    this.#assertMayTrain();
    this.#busy = true;
    this.network.training = true;
  }

  #end(): void {
    this.#busy = false;
    this.network.training = false;
  }

  /** `epochs` with checked options; says at the end how it ended. */
  async *#train(data: Data, settings: Settings): AsyncGenerator<EpochReport, History["stopped"], undefined> {
    const { network } = this;
    const { validation, signal } = settings;
    const lossName = this.#setup.loss.name;
    const blocks: DataBlock[] = [];
    let restore: (() => void) | undefined;
    this.#begin();
    let isRunning = true;
    try {
      // Its shapes before the first data set is copied: a mistake is told soon.
      if (validation !== undefined) checkData("options.validation.", checkPair("options.validation", validation), network, lossName);
      const training = await DataBlock.load("data", data, network, lossName, signal);
      blocks.push(training);
      const held = validation === undefined ? undefined : await DataBlock.load("options.validation", validation, network, lossName, signal);
      if (held) blocks.push(held);
      this.#assertUsable();
      const [put, epochsBefore] = [this.#state.keep(), this.#epoch];
      network.flush();
      restore = () => {
        put();
        this.#epoch = epochsBefore;
      };
      for (let epoch = 1; epoch <= settings.epochs; epoch++) {
        const report = await this.#trainEpoch(epoch, training, settings, restore);
        if (!report) return "aborted";
        const evaluation = held && await this.#evaluate(held, settings.batchSize, signal, restore);
        if (evaluation && !signal?.aborted) report.validation = evaluation;
        // Now it is the user's turn, who may evaluate or step.
        this.#end();
        isRunning = false;
        await settings.onEpoch?.(report);
        yield report;
        this.#begin();
        network.flush();
        isRunning = true;
      }
      return "completed";
    } finally {
      // After an exception of onProgress nobody has looked yet.
      if (isRunning && restore && !this.#disposed && !network.isDisposed && !this.#state.isFinite) restore();
      for (const block of blocks) block.free();
      if (isRunning) this.#end();
    }
  }

  /** Goes through all rows once; undefined after an abort. */
  async #trainEpoch(
    epoch: number, data: DataBlock, { epochs, batchSize, shuffle, signal, onProgress }: Settings, restore: () => void,
  ): Promise<EpochReport | undefined> {
    const remedy = "take a smaller learning rate, clipNorm, or scale the data";
    const steps = Math.ceil(data.rows / batchSize);
    const started = performance.now();
    if (signal?.aborted) return undefined;
    const plan = this.#beginEpoch(data, batchSize, shuffle);
    // Anew in each epoch: between two of them the user may have changed the network.
    const copies = new Copies(this.#state, restore);
    const slice = this.#slicesFor(batchSize);
    let step = 0;
    while (step < steps && !signal?.aborted) {
      if (this.network.engine.team?.takesPart === false) copies.renew();
      const { wanted, done } = await this.#runSlice(plan, steps - step, slice).catch((error: unknown) => {
        throw isLostInStep(error) ? this.#lost(error, copies) : error;
      });
      step += done;
      if (done < wanted) throw this.#state.diverged(`epoch ${epoch}, step ${step + 1}`, remedy, restore);
      onProgress?.({ epoch, epochs, step, steps, loss: this.#state.get(State.loss) });
      await slice.rest();
      this.#assertUsable();
    }
    if (!this.#state.isFinite) {
      restore();
      throw new DeltawasmError("diverged", `epoch ${epoch}, step ${step}: the updates made a weight, or what the optimizer keeps of it, infinite or NaN: ${remedy}; the network is as it was before`);
    }
    if (step < steps) return undefined;
    this.#epoch++;
    return { epoch, loss: this.#state.meanLoss, seconds: (performance.now() - started) / 1000 };
  }

  /** How fast steps of this size are, as far as it is known. */
  #slicesFor(batchSize: number): Slices {
    if (this.#slices?.batchSize !== batchSize) this.#slices = new Slices(batchSize);
    return this.#slices;
  }

  /** A thread got lost while it wrote: goes back to a copy. */
  #lost(error: DeltawasmError, copies: Copies): DeltawasmError {
    this.#assertUsable();
    copies.restore();
    return new DeltawasmError("worker", `${error.message}: the network is as it was a moment before, after step ${this.steps}; from here on one thread works: train again to go on`);
  }

  /** Some of the `left` steps of an epoch. */
  async #runSlice(plan: TrainingPlan, left: number, slice: Slices): Promise<{ wanted: number; done: number }> {
    const { team } = this.network.engine;
    team?.assertAlive();
    const hasTeam = team !== undefined && plan.epoch.isShared && team.isReady;
    const { steps, way } = slice.next(hasTeam);
    const wanted = Math.min(steps, left);
    const started = performance.now();
    const done = hasTeam ? await this.#state.runLater(plan.epoch, wanted, way) : this.#state.runAlone(plan.epoch, wanted);
    slice.measured(way, wanted, performance.now() - started);
    this.#assertUsable();
    return { wanted, done };
  }

  /** Checks a batch and copies it to the plan's x and y. */
  #load(x: Rows, y: Rows | Labels): TrainingPlan {
    const { network } = this;
    const lossName = this.#setup.loss.name;
    network.beginReading();
    try {
      const targets = checkData("", { x, y }, network, lossName);
      const plan = this.#training.for({ capacity: targets.rows, areLabels: targets.areLabels });
      loadBatch("", network, lossName, plan, this.#setup.block, x, y, targets);
      return plan;
    } finally {
      network.endReading();
    }
  }

  #beginEpoch(data: DataBlock, batchSize: number, shuffle: boolean): TrainingPlan {
    const plan = this.#training.for({ capacity: Math.min(batchSize, data.rows), areLabels: data.areLabels }, true);
    attach(this.network, plan.epoch, data);
    if (shuffle) {
      const seed = this.network.spec.seed ?? 0;
      this.network.engine.shuffle(data.order, data.rows, { seed, stream: SHUFFLE_STREAM, step: this.#epoch });
    }
    this.#state.rewind(data.rows, batchSize);
    return plan;
  }

  async #evaluate(data: DataBlock, batchSize: number, signal?: AbortSignal, restore?: () => void): Promise<Evaluation> {
    this.#assertUsable();
    const rows = Math.min(batchSize, data.rows);
    const plan = this.#evaluation.for({ capacity: rows, areLabels: data.areLabels });
    attach(this.network, plan.evaluation, data);
    this.#state.rewind(data.rows, rows);
    const accuracy = await evaluateBlock({
      loss: this.#setup.loss.name, plan, heap: this.network.engine.heap, rows: data.rows, signal,
      runBatch: () => {
        this.#assertUsable();
        if (this.#state.run(plan.evaluation) > 0) return this.#state.get(State.rows);
        throw this.#state.diverged("evaluate", "the weights are too large: train anew with a smaller learning rate, or scale the data", restore);
      },
    });
    this.#assertUsable();
    const loss = this.#state.meanLoss;
    return accuracy === undefined ? { loss } : { loss, accuracy };
  }
}
