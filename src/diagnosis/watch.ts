import { DeltawasmError, type EpochReport } from "deltawasm";
import { State } from "../../assembly/records/state";
import { Judge } from "./judge";
import { Before } from "./norms";
import type { Batches, Core, DataBlock, TrainingWatch } from "./observed";
import type { DiagnosisRecord, DiagnosisSample, Warning } from "./record";
import { Sampler } from "./sampler";

/** When samples are taken, and who is told. */
export interface WatchOptions {
  every: number | "epoch" | undefined;
  onWarning: ((warning: Warning) => void) | undefined;
}

/** Updates from one sample to the next, at the least, where nobody says how many, by those that take as long as a sample. */
const APART_BY_COST = 100;
/** And by how many were done before: a long training is sampled more closely while it is young. */
const APART = 0.25;

/** Looks into one training. */
export class Watch implements TrainingWatch {
  readonly #core: Core;
  readonly #options: WatchOptions;
  readonly #record: DiagnosisRecord;
  readonly #sampler: Sampler;
  readonly #judge: Judge;
  /** Updates that were done before. */
  readonly #start: number;
  #hasBegun = false;
  /** Of the last sample: updates that were done, and its epoch. */
  #step = -1;
  #epoch = 0;
  /** The epoch under way. */
  #now = 0;
  /** A sample whose update is not done yet. */
  #measured: DiagnosisSample | undefined;
  /** The parameters before it. They are the same whatever plan is sampled. */
  #parameters: Before | undefined;
  /** Warnings that the user knows. */
  #told = 0;

  constructor(core: Core, batches: Batches, options: WatchOptions, record: DiagnosisRecord) {
    this.#core = core;
    this.#options = options;
    this.#record = record;
    this.#sampler = new Sampler(core, batches);
    this.#judge = new Judge(core, record.warnings);
    this.#start = core.state.get(State.step);
  }

  before(data: DataBlock, rows: number, epoch: number): number {
    if (!this.#hasBegun) this.#judge.begin(data, rows, epoch);
    this.#hasBegun = true;
    this.#now = epoch;
    const step = this.#core.state.get(State.step);
    const left = this.#next(epoch) - step;
    if (left > 0) return left;
    const sample = this.#take(data, step);
    if (!sample) return 1;
    this.#measured = sample;
    this.#parameters ??= new Before(this.#core, this.#sampler.layers);
    this.#parameters.keep();
    return 1;
  }

  after(): void {
    const sample = this.#measured;
    if (sample) {
      this.#measured = undefined;
      const ratios = this.#parameters!.ratios();
      sample.layers.forEach((layer, n) => {
        const updateRatio = ratios.get(n);
        if (updateRatio !== undefined) layer.updateRatio = updateRatio;
      });
      this.#judge.sample(sample, this.#sampler.layers);
    }
    this.#tell();
  }

  finished(report: EpochReport): void {
    this.#judge.epoch(report);
    this.#tell();
  }

  end(data: DataBlock): void {
    const step = this.#core.state.get(State.step);
    const sample = step > this.#step ? this.#take(data, step) : undefined;
    if (sample) this.#judge.sample(sample, this.#sampler.layers);
    this.#tell();
  }

  failed(error: unknown): void {
    if (!(error instanceof DeltawasmError) || error.code !== "diverged") return;
    this.#judge.diverged(error.message);
    this.#tell();
  }

  /** The step before which the next sample is due. */
  #next(epoch: number): number {
    const { every } = this.#options;
    if (this.#step < 0) return 0;
    if (every === "epoch") return epoch === this.#epoch ? Infinity : 0;
    return this.#step + (every ?? Math.ceil(Math.max(APART_BY_COST * this.#sampler.cost, (this.#step - this.#start) * APART)));
  }

  #take(data: DataBlock, step: number): DiagnosisSample | undefined {
    this.#step = step;
    this.#epoch = this.#now;
    const sample = this.#sampler.take(data, this.#now);
    if (sample) this.#record.samples.push(sample);
    return sample;
  }

  #tell(): void {
    const { warnings } = this.#record;
    while (this.#told < warnings.length) {
      const warning = warnings[this.#told++];
      this.#options.onWarning?.(warning);
    }
  }
}
