import { State } from "../../assembly/records";
import { checkNumber, plainCopy } from "../core/check";
import type { Labels, Numbers, Rows } from "../data/rows";
import { readNetworkFile, TRAINER_TENSORS } from "../network/file";
import { checkNetwork, type NamedTensor, Network } from "../network/network";
import { readTrainerState, restoreTrainer, saveTrainer } from "./checkpoint";
import type { Evaluation } from "./evaluate";
import { bufferRowsOf, type DataSource, type Feed, openFeed } from "./feed";
import { Fit } from "./fit";
import { checkFitOptions, type EpochReport, type FitOptions, type History } from "./fitOptions";
import { TrainerCore } from "./trainerCore";
import { checkTrainerOptions, type TrainerOptions } from "./trainerOptions";

/** Rows that `evaluate` takes at once. */
const EVALUATION_ROWS = 128;

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
  /** What it was made with: a frozen copy, plain data. */
  readonly options: TrainerOptions;
  readonly #core: TrainerCore;
  readonly #fit: Fit;

  /**
   * @throws DeltawasmError `unknown`, `type`, `range`, `disposed`, `memory`; `conflict` for a loss that doesn't fit the network's
   * last activation
   */
  constructor(network: Network, options: TrainerOptions) {
    checkNetwork(network);
    const copy = plainCopy(options);
    const resolved = checkTrainerOptions(copy, network.graph);
    this.network = network;
    this.options = copy;
    this.#core = new TrainerCore(network, resolved);
    this.#fit = new Fit(this.#core);
  }

  /**
   * A trainer and its network from what `save` gave: `trainer.network` is the network. Training that goes on with
   * `fit(data, { resume: true })` gives the bits of one that was never stopped.
   *
   * @throws DeltawasmError `type` where `bytes` are no bytes; `file` for a damaged or foreign file, and for that of a network alone;
   * `memory`
   *
   * @example
   * const trainer = await Trainer.load(await readFile("run.safetensors"));
   * await trainer.fit({ x, y }, { epochs: 30, resume: true });
   */
  static async load(bytes: Uint8Array | ArrayBuffer): Promise<Trainer> {
    const file = readNetworkFile(bytes, TRAINER_TENSORS);
    const state = readTrainerState(file);
    const network = await Network.fromFile(file);
    try {
      return restoreTrainer(network, file, state, (options) => {
        const trainer = new Trainer(network, options);
        return { trainer, core: trainer.#core };
      });
    } catch (error) {
      network.dispose();
      throw error;
    }
  }

  /**
   * The network and all that its training goes on from, as a safetensors file: parameters, the optimizer's state, counts of steps and random
   * numbers, the learning rate, how far `fit` has come. `Network.load` reads the network of it. It may be called in `onEpoch` and
   * `onProgress`.
   *
   * @throws DeltawasmError `disposed`, `memory`; `conflict` where a layer's name makes a parameter's that of a tensor of the trainer's
   */
  save(): Uint8Array<ArrayBuffer> {
    this.#core.assertUsable();
    return saveTrainer(this.#core, this.options);
  }

  /** Optimizer steps done. @throws DeltawasmError `disposed` */
  get steps(): number {
    this.#core.assertUsable();
    return this.#core.state.get(State.step);
  }

  /**
   * The learning rate of the next step, greater than 0 and at most 1e6; may be set between steps, and while `fit` runs. With a schedule
   * what is set is the base that the schedule multiplies.
   *
   * @throws DeltawasmError `type`, `range`, `disposed`
   */
  get learningRate(): number {
    this.#core.assertUsable();
    return this.#core.state.get(State.learningRate);
  }

  set learningRate(value: number) {
    this.#core.assertUsable();
    this.#core.baseRate = checkNumber("learningRate", value, { above: 0, max: 1e6 });
  }

  /**
   * One step on one batch, at once: online learning.
   *
   * @param x rows of inputs: flat, or an array of rows
   * @param y as many rows of targets, or class indices for crossEntropy
   * @param weights how much each row counts; default: all the same
   * @returns the mean loss of the batch before the update, without l1 and l2
   * @throws DeltawasmError `type`, `shape`, `empty`, `label`, `nonFinite`, `range` (targets that are no probabilities),
   * `diverged`, `disposed`, `busy`, `memory`, `worker`; nothing has changed then
   */
  step(x: Rows, y: Rows | Labels, weights?: Numbers): number {
    const core = this.#core;
    core.assertMayTrain();
    this.network.engine.team?.assertAlive();
    const plan = core.load({ x, y, ...(weights === undefined ? {} : { weights }) });
    core.writeRates(plan, 1);
    if (core.state.run(plan.step) === 0) throw core.state.diverged("step", "take a smaller learning rate, clipNorm, or scale the data");
    if (plan.rates) core.applySchedule();
    return core.state.get(State.loss);
  }

  /**
   * The loss of one batch and its gradients by all parameters (without l1 and l2), named and shaped as `network.parameters()`; those of frozen
   * layers are 0.
   *
   * @throws DeltawasmError as `step`
   */
  gradients(x: Rows, y: Rows | Labels, weights?: Numbers): { loss: number; gradients: Record<string, NamedTensor> } {
    const core = this.#core;
    core.assertIdle();
    const plan = core.load({ x, y, ...(weights === undefined ? {} : { weights }) });
    if (core.state.run(plan.gradient) === 0) throw core.state.diverged("gradients", "scale the data, or start from smaller weights");
    return { loss: core.state.get(State.loss), gradients: this.network.readTrained(core.setup.gradients) };
  }

  /**
   * Trains for some epochs, in slices of a few milliseconds between which the host is free. An abort ends it within a slice and
   * resolves with what was reached: `stopped` is "aborted" then. No two trainers train the same network at a time.
   *
   * @param data `{ x, y, weights }`; or a stream of such batches of any size, for data larger than memory: an iterable, or a function that begins a new
   * one for each epoch. Batches of a stream need not have `batchSize` rows: they are cut and joined. In order (`shuffle: false`), and where all of it
   * fits into `bufferRows`, a stream gives the bits of the same rows at hand
   * @throws DeltawasmError `type`, `shape`, `empty`, `label`, `nonFinite`, `range`, `unknown`, `conflict`, `busy`, `disposed`, `memory`, and
   * `diverged`; the network and the trainer are then as they were before the call. What a callback or the stream itself throws, as it is: the network
   * keeps the steps that were done.
   *
   * @example
   * await trainer.fit({ x, y }, { epochs: 20 });
   * await trainer.fit(() => batchesOf("large.csv"), { epochs: 3 }); // async function* batchesOf(file) { … yield { x, y }; … }
   */
  async fit(data: DataSource, options: FitOptions = {}): Promise<History> {
    const epochs: EpochReport[] = [];
    const training = this.#fit.train(data, checkFitOptions(options, this.#core.setup.loss, this.network.graph));
    for (;;) {
      const { done, value } = await training.next();
      if (done) return { epochs, ...value };
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
  async *epochs(data: DataSource, options: FitOptions = {}): AsyncGenerator<EpochReport, void, undefined> {
    yield* this.#fit.train(data, checkFitOptions(options, this.#core.setup.loss, this.network.graph));
  }

  /**
   * The loss over data, at hand or a stream, and, for crossEntropy and binaryCrossEntropy, the accuracy. Changes nothing.
   *
   * @throws DeltawasmError `type`, `shape`, `empty`, `label`, `nonFinite`, `range`, `diverged` (the loss is not finite), `busy`,
   * `disposed`, `memory`
   */
  async evaluate(data: DataSource): Promise<Evaluation> {
    const core = this.#core;
    core.assertIdle();
    core.busy = true;
    let feed: Feed | undefined;
    try {
      const bufferRows = bufferRowsOf(this.network.graph, EVALUATION_ROWS, "evaluation");
      feed = await openFeed("data", data, { network: this.network, use: core.evaluation, bufferRows });
      // No signal aborts it.
      return (await core.evaluate(feed, EVALUATION_ROWS))!;
    } finally {
      feed?.free();
      core.busy = false;
    }
  }

  /**
   * Gives the trainer's memory back; the network stays as it is trained. A `fit` that is running rejects with `disposed`. Further
   * calls throw `disposed`; a second `dispose` does nothing.
   *
   * @throws DeltawasmError `busy` where it is called by a getter of data that are being read
   */
  dispose(): void {
    const core = this.#core;
    if (core.disposed) return;
    this.network.assertNotReading();
    core.disposed = true;
    if (this.network.isDisposed) return;
    this.network.engine.team?.settle();
    core.free();
  }

  /** `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
