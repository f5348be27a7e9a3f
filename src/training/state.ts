import { State, Stop } from "../../assembly/records";
import { DeltawasmError } from "../core/errors";
import { show } from "../core/show";
import { claim } from "../core/memory";
import type { Network } from "../network/network";
import type { Way } from "../plan/pace";
import { type RecordList, runLater, runNow } from "../plan/run";
import type { TrainingSetup } from "./setup";

/** The state block of a trainer, and all that training changes. */
export class TrainingState {
  readonly #network: Network;
  readonly #setup: TrainingSetup;

  constructor(network: Network, setup: TrainingSetup) {
    this.#network = network;
    this.#setup = setup;
  }

  get(field: State): number {
    return this.#network.engine.heap.d[this.#setup.block / 8 + field];
  }

  set(field: State, value: number): void {
    this.#network.engine.heap.d[this.#setup.block / 8 + field] = value;
  }

  /** Runs a list of records at once; gives how many times it was finished. */
  run(list: RecordList, repeats = 1): number {
    return runNow(this.#network.engine, this.#setup.block, list, repeats);
  }

  /** The same in one way; with a team this thread may go on meanwhile. */
  runLater(list: RecordList, repeats: number, way: Way): Promise<number> {
    return runLater(this.#network.engine, this.#setup.block, list, repeats, way);
  }

  /** Walks a list at once, on this thread. */
  runAlone(list: RecordList, repeats: number): number {
    return this.#network.engine.run(this.#setup.block, list.address, list.count, repeats);
  }

  /** The rows that batches are taken from, and the first of them that comes. */
  take(rows: number, from: number): void {
    this.set(State.cursor, from);
    this.set(State.rowCount, rows);
  }

  /** Losses are summed anew, over batches of this size. */
  rewind(batchSize: number): void {
    this.set(State.batchSize, batchSize);
    this.set(State.lossSum, 0);
    this.set(State.lossRows, 0);
  }

  /** Mean over the rows since `rewind`. */
  get meanLoss(): number {
    return this.get(State.lossSum) / this.get(State.lossRows);
  }

  /** Keeps the bits of the parameters and of the optimizer's state; the function that it gives puts them back. */
  keep(): () => void {
    const { engine: { heap }, parameterBlock, graph } = this.#network;
    const { block, lasting } = this.#setup;
    const copy = (from: number, size: number) => claim(size, () => heap.i.slice(from / 4, (from + size) / 4));
    const parameters = copy(parameterBlock, graph.total * 4);
    const state = copy(block, lasting);
    return () => {
      heap.i.set(parameters, parameterBlock / 4);
      heap.i.set(state, block / 4);
    };
  }

  /**
   * Whether all parameters and all that the optimizer keeps of them are finite. The update of a last step is not seen by any later
   * loss, and an infinite mean of squares (adam …) by none: it only ends the updates.
   */
  get isFinite(): boolean {
    const { engine, parameterBlock, graph } = this.#network;
    const isFinite = (vector: number, length: number) => vector === 0 || engine.largest(vector, length) < Infinity;
    return isFinite(parameterBlock, graph.total) && this.#setup.slots.every((slot) => isFinite(slot, graph.length));
  }

  /** The error for a run that ended early, with all as it was before. */
  diverged(where: string, remedy: string, restore?: () => void): DeltawasmError {
    const what = this.get(State.stop) === Stop.gradient ? "a gradient became too large for an update" : `the loss became ${show(this.get(State.loss))}`;
    this.set(State.stop, Stop.none);
    restore?.();
    return new DeltawasmError("diverged", `${where}: ${what}: ${remedy}; the network is as it was before`);
  }
}

/** Milliseconds of training after which a copy is made anew, and how many times as long as the copy itself took. */
const RENEW = 1000;
const RENEW_FACTOR = 50;

/**
 * What to go back to where a thread gets lost in the middle of a step. Where this thread takes part in the team, that hardly can be: threads
 * die between slices, when nobody writes; so it is what `fit` started from. In a page workers can be ended at any time.
 */
export class Copies {
  readonly #core: { keep(): () => void };
  #next = 0;
  /** Puts the last copy back. */
  restore: () => void;

  constructor(core: { keep(): () => void }, first: () => void) {
    this.#core = core;
    this.restore = first;
  }

  /** Makes a new copy if it is time to. */
  renew(): void {
    const started = performance.now();
    if (started < this.#next) return;
    this.restore = this.#core.keep();
    const now = performance.now();
    this.#next = now + Math.max(RENEW, (now - started) * RENEW_FACTOR);
  }
}
