import { State } from "../../assembly/records";
import { claim } from "../core/memory";
import { DeltawasmError } from "../core/errors";
import type { Network } from "../network/network";
import type { ResolvedAugment } from "./augmentOptions";
import { loadBatch } from "./batch";
import { checkData, type Data, type DataBlock, type DataUse } from "./dataBlock";
import { type Evaluation, evaluateBlock, hasAccuracy } from "./evaluate";
import { createEvaluationPlan, type EvaluationPlan } from "./evaluationPlan";
import { countsNothing, type Feed } from "./feed";
import { attach, createTrainingPlan, type TrainingPlan } from "./plan";
import { PlanSlot } from "./planSlot";
import type { PlateauState } from "./plateau";
import type { Run } from "./run";
import type { ResolvedSchedule } from "./schedules";
import { createSetup, type TrainingSetup } from "./setup";
import { MOST_STEPS } from "./slices";
import { TrainingState } from "./state";
import type { ResolvedTrainerOptions } from "./trainerOptions";

/** What a trainer is made of, for its parts: `fit`, steps and checkpoints. */
export class TrainerCore {
  readonly network: Network;
  readonly setup: TrainingSetup;
  readonly state: TrainingState;
  /** What data are checked and weighted for: in training, and in evaluations, where classes have no weights. */
  readonly training: DataUse;
  readonly evaluation: DataUse;
  /** Epochs done, in all calls of `fit`. */
  epoch = 0;
  /** How far the last `fit` has come, and the parameters of its best epoch. */
  run: Run | undefined;
  best: Float32Array | Float64Array | undefined;
  plateau: PlateauState | undefined;
  /** What becomes of images in the epoch under way, or the last one. */
  augmentation: ResolvedAugment | undefined;
  /** Rows of the epoch under way before those that are in memory. */
  rowsBefore = 0;
  /** Whether steps are done while this thread goes on: `run` does not count them yet. */
  isInSlice = false;
  busy = false;
  disposed = false;
  readonly #schedule: ResolvedSchedule | undefined;
  /** What the schedule multiplies. */
  #baseRate: number;
  readonly #training: PlanSlot<TrainingPlan>;
  readonly #evaluation: PlanSlot<EvaluationPlan>;

  constructor(network: Network, options: ResolvedTrainerOptions) {
    this.network = network;
    this.setup = createSetup(network, options);
    this.state = new TrainingState(network, this.setup);
    this.training = { loss: options.loss.name, classWeights: options.classWeights };
    this.evaluation = { loss: options.loss.name, classWeights: undefined };
    this.#schedule = options.schedule;
    this.plateau = options.schedule?.plateau?.start;
    this.#baseRate = this.state.get(State.learningRate);
    this.#training = new PlanSlot(network, this.setup, createTrainingPlan);
    this.#evaluation = new PlanSlot(network, this.setup, createEvaluationPlan);
    this.applySchedule();
  }

  get schedule(): ResolvedSchedule | undefined {
    return this.#schedule;
  }

  get baseRate(): number {
    return this.#baseRate;
  }

  set baseRate(rate: number) {
    this.#baseRate = rate;
    this.applySchedule();
  }

  /** Sets the learning rate of the step that comes. */
  applySchedule(): void {
    this.state.set(State.learningRate, this.#rateAfter(0));
  }

  /** Writes the learning rates of the next steps to where the plan takes them from. */
  writeRates(plan: TrainingPlan, steps: number): void {
    if (plan.rates === 0) return;
    const { d } = this.network.engine.heap;
    this.state.set(State.rateStart, this.state.get(State.step));
    for (let n = 0; n < Math.min(steps, MOST_STEPS); n++) d[plan.rates / 8 + n] = this.#rateAfter(n);
  }

  /** The learning rate after so many more steps. */
  #rateAfter(steps: number): number {
    const schedule = this.#schedule;
    if (!schedule) return this.#baseRate;
    return schedule.rate(this.#baseRate, schedule.per === "step" ? this.state.get(State.step) + steps : this.epoch, this.plateau);
  }

  assertUsable(): void {
    if (this.disposed) throw new DeltawasmError("disposed", "trainer: it was disposed; make a new Trainer, or dispose it later");
    this.network.assertUsable();
  }

  assertIdle(): void {
    this.assertUsable();
    if (this.busy) throw new DeltawasmError("busy", "trainer: fit, epochs or evaluate is still running; await it first");
  }

  assertMayTrain(): void {
    this.assertIdle();
    if (this.network.training) throw new DeltawasmError("busy", "network: another trainer's fit or epochs is still running on it; await it first");
  }

  /** From here to `end` nobody else may train. */
  begin(): void {
    this.assertMayTrain();
    this.busy = true;
    this.network.training = true;
  }

  end(): void {
    this.busy = false;
    this.network.training = false;
  }

  /** Checks a batch and copies it to where the plan has it. */
  load(data: Data): TrainingPlan {
    const { network } = this;
    network.beginReading();
    try {
      const targets = checkData("", data, network, this.training);
      const plan = this.#training.for({ capacity: targets.rows, areLabels: targets.areLabels, areWeighted: targets.areWeighted, accumulates: false });
      loadBatch("", network, this.training, plan, this.setup.block, data, targets);
      return plan;
    } finally {
      network.endReading();
    }
  }

  /** The plan of an epoch over a data set. */
  epochPlan(data: DataBlock, batchSize: number, accumulates: boolean): TrainingPlan {
    const { areLabels, areWeighted } = data;
    const plan = this.#training.for({ capacity: Math.min(batchSize, data.capacity), areLabels, areWeighted, accumulates, augment: this.augmentation }, true);
    attach(this.network, plan.epoch, data);
    return plan;
  }

  /**
   * The blocks of data from that which has row `from`. Where something is wrong with the data `restore` puts back what was there before;
   * what their source itself throws passes as it is.
   */
  async *blocks(feed: Feed, from: number, signal: AbortSignal | undefined, restore: (() => void) | undefined): ReturnType<Feed["blocks"]> {
    try {
      yield* feed.blocks(from, signal);
    } catch (error) {
      if (error instanceof DeltawasmError && !this.disposed && !this.network.isDisposed) restore?.();
      throw error;
    }
  }

  /** The loss over data, and the accuracy; undefined after an abort. */
  async evaluate(feed: Feed, batchSize: number, signal?: AbortSignal, restore?: () => void): Promise<Evaluation | undefined> {
    const { state, network, setup: { loss: { name: loss } } } = this;
    this.assertUsable();
    state.rewind(batchSize);
    let rows = 0, right = 0;
    for await (const { block } of this.blocks(feed, 0, signal, restore)) {
      this.assertUsable();
      const { areLabels, areWeighted } = block;
      const plan = this.#evaluation.for({ capacity: Math.min(batchSize, block.capacity), areLabels, areWeighted, accumulates: false });
      attach(network, plan.evaluation, block);
      state.take(block.rows, 0);
      right += await evaluateBlock({
        loss, plan, heap: network.engine.heap, rows: block.rows, signal,
        runBatch: () => {
          this.assertUsable();
          if (state.run(plan.evaluation) > 0) return state.get(State.rows);
          throw state.diverged("evaluate", "the weights are too large: train anew with a smaller learning rate, or scale the data", restore);
        },
      });
      rows += block.rows;
    }
    this.assertUsable();
    if (signal?.aborted) return undefined;
    if (state.get(State.lossRows) === 0) throw countsNothing(feed.name);
    const outputs = loss === "crossEntropy" ? 1 : network.graph.outputs;
    return { loss: state.meanLoss, ...(hasAccuracy(loss) ? { accuracy: right / (rows * outputs) } : {}) };
  }

  /** Counts the steps that were done in the run. */
  countSlice(): void {
    const { state } = this;
    this.run = {
      ...this.run!, cursor: this.rowsBefore + state.get(State.cursor), lossSum: state.get(State.lossSum), lossRows: state.get(State.lossRows),
      learningRate: state.get(State.learningRate),
    };
  }

  /** Keeps the parameters as those of the best epoch. */
  keepBest(): void {
    const { engine: { heap }, parameterBlock, graph } = this.network;
    const first = parameterBlock / 4;
    this.best = claim(graph.total * 4, () => heap.f.slice(first, first + graph.total));
  }

  /** Gives the network the parameters of the best epoch back. */
  restoreBest(): void {
    if (this.best) this.network.engine.heap.f.set(this.best, this.network.parameterBlock / 4);
  }

  /** Keeps all that training changes; the function that it gives puts it back. */
  keep(): () => void {
    const put = this.state.keep();
    const { baseRate, epoch, run, best, plateau } = this;
    return () => {
      put();
      Object.assign(this, { epoch, run, best, plateau, baseRate });
    };
  }

  free(): void {
    this.network.release(this.setup.block);
    this.#training.free();
    this.#evaluation.free();
  }
}
