import { State } from "../../assembly/records";
import { DeltawasmError } from "../core/errors";
import { isLostInStep } from "../core/team";
import { checkData, checkParts, type Data, DataBlock } from "./dataBlock";
import type { EarlyStopping } from "./earlyStopping";
import type { EpochReport, History, Settings } from "./fitOptions";
import { hasAccuracy } from "./evaluate";
import { chooseMonitor, type Monitor, monitoredValue } from "./monitor";
import type { TrainingWatch } from "./observer";
import type { Plateau } from "./plateau";
import type { TrainingPlan } from "./plan";
import { type Run, startOfRun } from "./run";
import { Slices } from "./slices";
import { Copies } from "./state";
import type { TrainerCore } from "./trainerCore";

/** What the random numbers of a trainer are for: beyond those of the layers' parameters. */
const SHUFFLE_STREAM = 0x80000000;

const REMEDY = "take a smaller learning rate, clipNorm, or scale the data";

/** Whether early stopping has ended a training. */
function hasEnded(stopping: EarlyStopping | undefined, { stopping: seen }: Run): boolean {
  return stopping !== undefined && seen !== null && stopping.hasEnded(seen);
}

/** How a training ended. */
export type Outcome = Omit<History, "epochs">;

/** Goes through the epochs of a `fit`; gives each one's report, and at the end how it ended. */
export class Fit {
  readonly #core: TrainerCore;
  #slices: Slices | undefined;

  constructor(core: TrainerCore) {
    this.#core = core;
  }

  async *train(data: Data, settings: Settings): AsyncGenerator<EpochReport, Outcome, undefined> {
    const core = this.#core;
    const { network } = core;
    const { validation, signal, stopping } = settings;
    const blocks: DataBlock[] = [];
    let restore: (() => void) | undefined;
    let watch: TrainingWatch | undefined;
    core.begin();
    let isRunning = true;
    try {
      if (core.schedule?.plateau) this.#monitorOf(core.schedule.plateau, settings);
      // Its shapes before the first data set is copied: a mistake is told soon.
      if (validation !== undefined) checkData("options.validation.", checkParts("options.validation", validation), network, core.evaluation);
      const training = await DataBlock.load("data", data, network, core.training, signal);
      blocks.push(training);
      const held = validation === undefined ? undefined : await DataBlock.load("options.validation", validation, network, core.evaluation, signal);
      if (held) blocks.push(held);
      core.assertUsable();
      const start = this.#startOf(settings, training.rows);
      restore = core.keep();
      core.run = start;
      if (!settings.resume) core.best = undefined;
      network.flush();
      watch = settings.diagnosis?.watch(core, settings);
      while (core.run.epoch < settings.epochs && !hasEnded(stopping, core.run)) {
        const report = await this.#trainEpoch(training, settings, restore, watch);
        if (!report) return { stopped: "aborted" };
        const evaluation = held && await core.evaluate(held, settings.batchSize, signal, restore);
        if (evaluation && !signal?.aborted) report.validation = evaluation;
        // After an abort in the validation the epoch is not finished: it is validated when training goes on.
        const isCutShort = held !== undefined && report.validation === undefined;
        if (!isCutShort) this.#finishEpoch(report, settings);
        // Now it is the user's turn, who may evaluate, step or save.
        core.end();
        isRunning = false;
        if (!isCutShort) watch?.finished(report);
        await settings.onEpoch?.(report);
        yield report;
        core.begin();
        network.flush();
        isRunning = true;
        if (isCutShort) return { stopped: "aborted" };
      }
      watch?.end(training);
      core.assertUsable();
      return this.#outcome(stopping);
    } catch (error) {
      watch?.failed(error);
      throw error;
    } finally {
      // After an exception of onProgress nobody has looked yet.
      if (isRunning && restore && !core.disposed && !network.isDisposed && !core.state.isFinite) restore();
      for (const block of blocks) block.free();
      if (isRunning) core.end();
    }
  }

  /** Where it starts: at the beginning, or where the last one stopped. @throws DeltawasmError conflict */
  #startOf({ resume, batchSize, accumulate, shuffle }: Settings, rows: number): Run {
    const { run } = this.#core;
    const fresh = startOfRun(rows, { batchSize, accumulate, shuffle });
    if (!resume || !run) return fresh;
    const isInEpoch = run.cursor > 0 || run.isTrained;
    const changed = (["rows", "batchSize", "accumulate", "shuffle"] as const).find((name) => run[name] !== fresh[name]);
    if (isInEpoch && changed !== undefined) {
      throw new DeltawasmError("conflict", `options.resume: training stopped in the middle of an epoch, with ${changed} ${run[changed]}, and now ${changed} is ${fresh[changed]}: go on with the same data and options, or leave resume out`);
    }
    return isInEpoch ? run : { ...run, rows, batchSize, accumulate, shuffle };
  }

  /** What a schedule watches. @throws DeltawasmError conflict */
  #monitorOf({ monitor }: Plateau, { validation }: Settings): Monitor {
    return chooseMonitor("options.schedule.monitor", monitor, { validation: validation !== undefined, accuracy: hasAccuracy(this.#core.setup.loss.name) });
  }

  #outcome(stopping: EarlyStopping | undefined): Outcome {
    const core = this.#core;
    const { stopping: seen } = core.run!;
    if (!stopping || !seen) return { stopped: "completed" };
    if (stopping.restoreBest) core.restoreBest();
    const best = seen.best === null ? {} : { best: { epoch: seen.bestEpoch, value: seen.best } };
    return { stopped: stopping.hasEnded(seen) ? "earlyStopped" : "completed", ...best };
  }

  /** What follows from an epoch: the schedule's next rate, early stopping. */
  #finishEpoch(report: EpochReport, settings: Settings): void {
    const core = this.#core;
    const { stopping } = settings;
    const plateau = core.schedule?.plateau;
    if (plateau) core.plateau = plateau.observe(core.plateau!, monitoredValue(this.#monitorOf(plateau, settings), report));
    core.applySchedule();
    const run = { ...core.run!, epoch: report.epoch, cursor: 0, lossSum: 0, lossRows: 0, learningRate: 0, isTrained: false };
    core.run = run;
    if (!stopping) return;
    const { state, improved } = stopping.observe(run.stopping ?? stopping.start, report);
    if (improved && stopping.restoreBest) core.keepBest();
    // Those of an epoch that is no longer the best.
    else if (improved) core.best = undefined;
    core.run = { ...run, stopping: state };
  }

  /** Goes through all rows, or those that are left; undefined after an abort. */
  async #trainEpoch(data: DataBlock, settings: Settings, restore: () => void, watch?: TrainingWatch): Promise<EpochReport | undefined> {
    const core = this.#core;
    const { epochs, batchSize, accumulate, signal, onProgress } = settings;
    const { state } = core;
    const run = core.run!;
    const epoch = run.epoch + 1;
    const steps = Math.ceil(data.rows / batchSize);
    const started = performance.now();
    if (signal?.aborted) return undefined;
    const report = () => {
      const { lossSum, lossRows, learningRate } = core.run!;
      return { epoch, loss: lossSum / lossRows, learningRate, seconds: (performance.now() - started) / 1000 };
    };
    if (run.isTrained) return report();
    core.augmentation = settings.augmentation;
    const plan = core.epochPlan(data, batchSize, accumulate > 1);
    this.#order(data, settings.shuffle);
    state.rewind(data.rows, batchSize);
    for (const [field, value] of [[State.cursor, run.cursor], [State.lossSum, run.lossSum], [State.lossRows, run.lossRows]]) state.set(field, value);
    state.set(State.accumulate, accumulate);
    // Anew in each epoch: between two of them the user may have changed the network.
    const copies = new Copies(core, restore);
    const slice = this.#slicesFor(batchSize);
    let step = Math.ceil(run.cursor / batchSize);
    while (step < steps && !signal?.aborted) {
      if (core.network.engine.team?.takesPart === false) copies.renew();
      const most = accumulate * (watch?.before(data, epoch) ?? Infinity);
      const { wanted, done } = await this.#runSlice(plan, Math.min(steps - step, most), slice, accumulate).catch((error: unknown) => {
        throw isLostInStep(error) ? this.#lost(error, copies) : error;
      });
      step += done;
      if (done < wanted) throw state.diverged(`epoch ${epoch}, step ${step + 1}`, REMEDY, restore);
      watch?.after();
      onProgress?.({ epoch, epochs, step, steps, loss: state.get(State.loss) });
      await slice.rest();
      core.assertUsable();
    }
    if (!state.isFinite) {
      restore();
      throw new DeltawasmError("diverged", `epoch ${epoch}, step ${step}: the updates made a weight, or what the optimizer keeps of it, infinite or NaN: ${REMEDY}; the network is as it was before`);
    }
    if (step < steps) return undefined;
    core.epoch++;
    core.run = { ...core.run!, isTrained: true };
    return report();
  }

  /** The order in which the epoch takes the rows. */
  #order(data: DataBlock, shuffle: boolean): void {
    if (!shuffle) return;
    const { network, epoch } = this.#core;
    network.engine.shuffle(data.order, data.rows, { seed: network.spec.seed ?? 0, stream: SHUFFLE_STREAM, step: epoch });
  }

  /** How fast steps of this size are, as far as it is known. */
  #slicesFor(batchSize: number): Slices {
    if (this.#slices?.batchSize !== batchSize) this.#slices = new Slices(batchSize);
    return this.#slices;
  }

  /** A thread got lost while it wrote: goes back to a copy. */
  #lost(error: DeltawasmError, copies: Copies): DeltawasmError {
    const core = this.#core;
    core.assertUsable();
    copies.restore();
    return new DeltawasmError("worker", `${error.message}: the network is as it was a moment before, after step ${core.state.get(State.step)}; from here on one thread works: train again to go on`);
  }

  /** Some of the `left` steps of an epoch: with accumulation, all batches of an update. */
  async #runSlice(plan: TrainingPlan, left: number, slice: Slices, accumulate: number): Promise<{ wanted: number; done: number }> {
    const core = this.#core;
    const { team } = core.network.engine;
    team?.assertAlive();
    const hasTeam = team !== undefined && plan.epoch.isShared && team.isReady;
    const { steps, way } = slice.next(hasTeam);
    const wanted = Math.min(Math.ceil(steps / accumulate) * accumulate, left);
    core.writeRates(plan, wanted);
    const started = performance.now();
    core.isInSlice = true;
    let done: number;
    try {
      done = hasTeam ? await core.state.runLater(plan.epoch, wanted, way) : core.state.runAlone(plan.epoch, wanted);
    } finally {
      core.isInSlice = false;
    }
    slice.measured(way, wanted, performance.now() - started);
    core.assertUsable();
    core.countSlice();
    if (plan.rates) core.applySchedule();
    return { wanted, done };
  }
}
