import { State } from "../../assembly/records";
import { DeltawasmError } from "../core/errors";
import { isLostInStep } from "../core/team";
import { checkPart, type DataBlock } from "./dataBlock";
import type { EarlyStopping } from "./earlyStopping";
import { bufferRowsOf, countsNothing, type DataSource, type Feed, isAtHand, openFeed } from "./feed";
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

  async *train(data: DataSource, settings: Settings): AsyncGenerator<EpochReport, Outcome, undefined> {
    const core = this.#core;
    const { network } = core;
    const { validation, signal, stopping, bufferRows } = settings;
    const feeds: Feed[] = [];
    let restore: (() => void) | undefined;
    let watch: TrainingWatch | undefined;
    core.begin();
    let isRunning = true;
    try {
      if (core.schedule?.plateau) this.#monitorOf(core.schedule.plateau, settings);
      // Its shapes before the first data set is copied: a mistake is told soon.
      if (validation !== undefined && isAtHand("options.validation", validation)) checkPart("options.validation", validation, network, core.evaluation);
      const training = await openFeed("data", data, { network, use: core.training, bufferRows, signal });
      feeds.push(training);
      const held = validation === undefined ? undefined : await openFeed("options.validation", validation, {
        network, use: core.evaluation, bufferRows: bufferRowsOf(network.graph, settings.batchSize, "evaluation"), signal,
      });
      if (held) feeds.push(held);
      core.assertUsable();
      const start = this.#startOf(settings, training);
      this.#checkEpochs(settings.epochs - start.epoch, training, held);
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
      if (training.block) watch?.end(training.block);
      core.assertUsable();
      return this.#outcome(stopping);
    } catch (error) {
      watch?.failed(error);
      throw error;
    } finally {
      // After an exception of onProgress nobody has looked yet.
      if (isRunning && restore && !core.disposed && !network.isDisposed && !core.state.isFinite) restore();
      for (const feed of feeds) feed.free();
      if (isRunning) core.end();
    }
  }

  /** Where it starts: at the beginning, or where the last one stopped. @throws DeltawasmError conflict */
  #startOf({ resume, batchSize, accumulate, shuffle }: Settings, { capacity: rows, isStreamed }: Feed): Run {
    const { run } = this.#core;
    const batches = { isStreamed, rows, batchSize, accumulate, shuffle };
    if (!resume || !run) return startOfRun(batches);
    if (run.cursor === 0 && !run.isTrained) return { ...run, ...batches };
    const changed = (Object.keys(batches) as (keyof typeof batches)[]).find((name) => run[name] !== batches[name]);
    if (changed === undefined) return run;
    const shown = (of: typeof batches) => {
      if (changed === "isStreamed") return of.isStreamed ? "a stream" : "data that are all at hand";
      return `${changed === "rows" && isStreamed ? "bufferRows" : changed} ${of[changed]}`;
    };
    throw new DeltawasmError("conflict", `options.resume: training stopped in the middle of an epoch, with ${shown(run)}, and now it is ${shown(batches)}: go on with the same data and options, or leave resume out`);
  }

  /** @throws DeltawasmError conflict where data that can be gone through once are to serve for several epochs */
  #checkEpochs(epochs: number, training: Feed, held: Feed | undefined): void {
    for (const [name, feed] of [["data", training], ["options.validation", held]] as const) {
      if (epochs > 1 && feed?.isOnce) throw new DeltawasmError("conflict", `${name}: an iterator can be gone through once, and ${epochs} epochs are asked for; give a function that begins a new one, () => …, or epochs: 1`);
    }
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
  async #trainEpoch(feed: Feed, settings: Settings, restore: () => void, watch?: TrainingWatch): Promise<EpochReport | undefined> {
    const core = this.#core;
    const { batchSize, accumulate, signal } = settings;
    const { state } = core;
    const run = core.run!;
    const epoch = run.epoch + 1;
    const started = performance.now();
    if (signal?.aborted) return undefined;
    const report = () => {
      const { lossSum, lossRows, learningRate } = core.run!;
      return { epoch, loss: lossSum / lossRows, learningRate, seconds: (performance.now() - started) / 1000 };
    };
    if (run.isTrained) return report();
    core.augmentation = settings.augmentation;
    state.rewind(batchSize);
    for (const [field, value] of [[State.lossSum, run.lossSum], [State.lossRows, run.lossRows]]) state.set(field, value);
    state.set(State.accumulate, accumulate);
    // Anew in each epoch: between two of them the user may have changed the network.
    const copies = new Copies(core, restore);
    let step = Math.ceil(run.cursor / batchSize), end = step;
    for await (const { block, first } of core.blocks(feed, run.cursor, signal, restore)) {
      core.assertUsable();
      core.rowsBefore = first;
      state.take(block.rows, Math.max(0, run.cursor - first));
      this.#order(block, settings.shuffle, first / feed.capacity);
      end = Math.ceil((first + block.rows) / batchSize);
      step = await this.#trainBlock({ feed, block, epoch, step, end, settings, copies, restore, watch });
      if (step < end) break;
    }
    core.assertUsable();
    if (!state.isFinite) {
      restore();
      throw new DeltawasmError("diverged", `epoch ${epoch}, step ${step}: the updates made a weight, or what the optimizer keeps of it, infinite or NaN: ${REMEDY}; the network is as it was before`);
    }
    if (step < end || !feed.isAtEnd) return undefined;
    if (core.run!.lossRows === 0) {
      restore();
      throw countsNothing(feed.name);
    }
    core.epoch++;
    core.run = { ...core.run!, isTrained: true };
    return report();
  }

  /** Does steps of an epoch, from one to another, on the rows of a block; after an abort fewer. Gives the step that would come next. */
  async #trainBlock(
    { feed, block, epoch, step: from, end, settings, copies, restore, watch }:
    { feed: Feed; block: DataBlock; epoch: number; step: number; end: number; settings: Settings; copies: Copies; restore: () => void; watch: TrainingWatch | undefined },
  ): Promise<number> {
    const core = this.#core;
    const { epochs, batchSize, accumulate, signal, onProgress } = settings;
    const { state } = core;
    const plan = core.epochPlan(block, batchSize, accumulate > 1);
    const slice = this.#slicesFor(batchSize);
    const steps = Math.ceil(feed.rows / batchSize);
    let step = from;
    while (step < end && !signal?.aborted) {
      if (core.network.engine.team?.takesPart === false) copies.renew();
      const most = accumulate * (watch?.before(block, feed.rows, epoch) ?? Infinity);
      const { wanted, done } = await this.#runSlice(plan, Math.min(end - step, most), slice, accumulate).catch((error: unknown) => {
        throw isLostInStep(error) ? this.#lost(error, copies) : error;
      });
      step += done;
      if (done < wanted) throw state.diverged(`epoch ${epoch}, step ${step + 1}`, REMEDY, restore);
      watch?.after();
      onProgress?.({ epoch, epochs, step, steps, loss: state.get(State.loss) });
      await slice.rest();
      core.assertUsable();
    }
    return step;
  }

  /** The order in which an epoch takes the rows of a block, the number of which says which it is. */
  #order(data: DataBlock, shuffle: boolean, number: number): void {
    const { network, epoch } = this.#core;
    if (shuffle) network.engine.shuffle(data.order, data.rows, { seed: network.spec.seed ?? 0, stream: SHUFFLE_STREAM + number, step: epoch });
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
