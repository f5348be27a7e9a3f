import { Led, PLACE, Team as Field } from "../../assembly/records";
import { DeltawasmError } from "./errors";
import type { Heap } from "./heap";
import { mayWait, processors, startThread, type Thread } from "./threads";

/** A list of records to be walked some times. */
export interface Job {
  state: number;
  records: number;
  count: number;
  repeats: number;
  /** Whether the first thread does it alone, while the others sleep. */
  isForOne?: boolean;
}

/** What every thread runs. */
export interface CoreOfThread {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  wide: boolean;
}

/** Turns of a waiting loop in a millisecond, about. */
const TURNS = 500_000;
/** Milliseconds that a thread waits awake: at a barrier, where the others are mostly as fast; and for the next job. */
const AWAKE = 4;
/** Turns at a barrier where threads have to share processors. */
const FEW_TURNS = 200;
/** Milliseconds until the first thread does the job alone, and until one that doesn't come to a barrier counts as lost. */
const PATIENCE = 20;
const LIMIT = 60_000;
/** Milliseconds after which a thread that goes on while a job is done, and then needs its end, counts the team as lost. */
const SETTLED = 10_000;
/** The answer of a team that went home in the middle of a job. */
const SENT_HOME = -4;
/** Jobs in turn without all threads after which those of a page count as lost. */
const ABSENCES = 100;

/** A thread got lost while it wrote. */
class LostInStep extends DeltawasmError {}

/** Whether what the records of a job write is in any state. */
export function isLostInStep(error: unknown): error is DeltawasmError {
  return error instanceof LostInStep;
}

/**
 * Threads over one shared memory that walk a list of records together, to the bits of one thread. They start when they are first
 * wanted, and sleep while they have nothing to do.
 *
 * Where this thread may wait it is the first of the team. The main thread of a page may not: there all are workers, and the
 * page awaits the answer of the first.
 */
export class Team {
  /** Threads, this one included where it takes part. */
  readonly size: number;
  /** Whether this thread takes part; a job is done when `run` returns then, and otherwise when its promise resolves. */
  readonly takesPart = mayWait();
  /** Why there is no team any more. */
  failure: string | undefined;
  readonly #heap: Heap;
  readonly #core: CoreOfThread;
  readonly #lead: (team: number) => number;
  #block = 0;
  #threads: Thread[] = [];
  #leads = false;
  /** Whether all have been there. */
  #wasReady = false;
  /** Not told yet. */
  #isNews = false;
  #answer: ((rounds: number) => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #absences = 0;

  constructor(size: number, heap: Heap, core: CoreOfThread, lead: (team: number) => number) {
    this.size = size;
    this.#heap = heap;
    this.#core = core;
    this.#lead = lead;
  }

  /**
   * Whether all are there, and not at work for another network while this thread goes on; the first call starts them. Where one has
   * died it stays false.
   */
  get isReady(): boolean {
    if (this.failure !== undefined || this.#answer !== undefined) return false;
    if (this.#threads.length === 0) this.#start();
    const { i } = this.#heap;
    for (let thread = 1; thread < this.size; thread++) if (Atomics.load(i, this.#place(thread)) < 0) return false;
    this.#wasReady ||= this.takesPart || this.#leads;
    return this.#wasReady;
  }

  /** Throws, once, after a thread died. @throws DeltawasmError worker */
  assertAlive(): void {
    if (!this.#isNews) return;
    this.#isNews = false;
    throw new DeltawasmError("worker", `a thread of the team was lost (${this.failure}): the network is as after its last finished step; from here on one thread works: train again to go on`);
  }

  /**
   * Walks the records together; the rounds that were finished, or undefined where not all threads were there: nothing was done then.
   * Only where `isReady`.
   *
   * @throws DeltawasmError worker, where a thread got lost in the middle: what the records write is in any state; disposed, after `end`
   */
  run(job: Job): number | undefined | Promise<number | undefined> {
    this.#write(job);
    if (this.takesPart) return this.#rounds(this.#lead(this.#block));
    return new Promise<number>((resolve) => {
      this.#answer = resolve;
      this.#timer = setTimeout(() => this.#lose("the team gave no answer"), LIMIT);
      this.#threads[0].post("job");
    }).then((led) => this.#rounds(led));
  }

  /** Waits where a job is being done while this thread goes on: for the rest of a slice of training, at most. */
  settle(): void {
    if (this.#answer === undefined) return;
    const { i } = this.#heap;
    const since = performance.now();
    while (Atomics.load(i, this.#block / 4 + Field.pending) !== 0) {
      if (performance.now() - since > SETTLED) return this.#lose("it came to no end");
    }
  }

  /** Sends all home; the next job starts a new team. */
  end(): void {
    if (this.#threads.length === 0) return;
    this.settle();
    const { i } = this.#heap;
    i[this.#block / 4 + Field.size] = 0;
    Atomics.add(i, this.#block / 4 + Field.job, 1);
    Atomics.notify(i, this.#block / 4 + Field.job);
    // In a page the first one waits for messages.
    if (!this.takesPart) for (const thread of this.#threads) thread.terminate();
    this.#threads = [];
    this.#leads = false;
    this.#wasReady = false;
    this.#block = 0;
    this.#reply(SENT_HOME);
  }

  #place(thread: number): number {
    return this.#block / 4 + Field.places + thread * PLACE;
  }

  #start(): void {
    this.#block = this.#heap.allocate((Field.places + this.size * PLACE) * 4);
    const { i } = this.#heap;
    const block = this.#block;
    i[block / 4 + Field.spin] = this.size > processors() ? FEW_TURNS : AWAKE * TURNS;
    i[block / 4 + Field.awake] = AWAKE * TURNS;
    i[block / 4 + Field.patience] = PATIENCE;
    i[block / 4 + Field.limit] = LIMIT;
    for (let thread = 0; thread < this.size; thread++) i[this.#place(thread)] = -1;
    let alive = this.takesPart ? this.size - 1 : this.size;
    for (let thread = this.takesPart ? 1 : 0; thread < this.size; thread++) {
      const isMine = () => this.#block === block;
      this.#threads.push(startThread({ ...this.#core, team: block, thread }, {
        onMessage: (message) => {
          if (!isMine()) return;
          if (message === "ready") this.#leads = true;
          else this.#reply(message as number);
        },
        onDeath: (reason) => {
          if (isMine()) this.#lose(reason);
          // The block is theirs until the last has gone.
          if (--alive === 0) this.#heap.free(block);
        },
      }));
    }
  }

  #write({ state, records, count, repeats, isForOne = false }: Job): void {
    const { i } = this.#heap;
    const at = this.#block / 4;
    i[at + Field.size] = isForOne ? 1 : this.size;
    i[at + Field.state] = state;
    i[at + Field.records] = records;
    i[at + Field.count] = count;
    i[at + Field.repeats] = repeats;
    i[at + Field.pending] = 1;
  }

  #reply(led: number): void {
    clearTimeout(this.#timer);
    this.#answer?.(led);
    this.#answer = undefined;
  }

  #rounds(led: number): number | undefined {
    if (led === SENT_HOME) throw new DeltawasmError("disposed", "network: it was disposed while it was trained; dispose it later");
    this.#absences = led === Led.absent ? this.#absences + 1 : 0;
    // Nobody tells a page that one of its workers is gone.
    if (!this.takesPart && this.#absences === ABSENCES) this.#lose("it came to no job any more");
    if (led === Led.lost) {
      this.#lose("it came to no end");
      this.#isNews = false;
      throw new LostInStep("worker", `a thread of the team was lost in the middle of a step (${this.failure})`);
    }
    if (led === Led.gone) this.#lose("it came to a job and went");
    return led === Led.absent || led === Led.gone ? undefined : led;
  }

  #lose(reason: string): void {
    if (this.failure !== undefined) return;
    this.failure = reason;
    // Where they didn't even come nothing is lost.
    this.#isNews = this.#wasReady;
    for (const thread of this.#threads) thread.terminate();
    this.#threads = [];
    this.#reply(Led.lost);
  }
}
