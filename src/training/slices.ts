// Long work is done in slices of a few milliseconds, so that a page stays responsive and an abort takes effect soon.

/** Milliseconds that one slice should take: half a frame at 60 Hz. */
const SLICE = 8;
/** Steps a slice may grow by at once; runtimes whose clock stands still while code runs (workerd) never ask for less. */
const GROWTH = 2;
const MOST_STEPS = 4096;

interface HostGlobal {
  setImmediate?: (callback: () => void) => void;
}

/**
 * Lets the host do what it has waiting. Timers would wait 4 ms each in browsers, so messages serve there; what `scheduler.yield`
 * resumes goes before all timers and messages, and a training would keep them waiting until its end.
 */
export function yieldToHost(): Promise<void> {
  const { setImmediate } = globalThis as HostGlobal;
  return new Promise((resolve) => {
    if (setImmediate) setImmediate(resolve);
    else if (typeof MessageChannel === "undefined") setTimeout(resolve, 0);
    else {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(0);
    }
  });
}

/** Slices after which the slower way is tried again: the other processors may have become free, or busy. */
const RETRY = 128;
/** Slices of a first trial: code that was just compiled is slow. */
const TRIAL = 3;

/** How fast steps are done in one way. */
class Pace {
  /** Steps of the next slice. */
  steps = 1;
  /** Milliseconds a step. */
  perStep = 0;
  slices = 0;

  measured(steps: number, elapsed: number, isTrial: boolean): void {
    const now = elapsed / steps;
    this.perStep = isTrial || this.slices < TRIAL ? now : (this.perStep + now) / 2;
    this.slices++;
    const fitting = elapsed > 0 ? Math.floor(SLICE / now) : MOST_STEPS;
    this.steps = Math.max(1, Math.min(fitting, this.steps * GROWTH, MOST_STEPS));
  }
}

/** Cuts long work into slices: how many steps the next one should have, whether a team does them, and when the host gets its turn. */
export class Slices {
  /** Rows of the batches whose pace it knows. */
  readonly batchSize: number;
  readonly #alone = new Pace();
  readonly #together = new Pace();
  #isTogether = false;
  #isTrial = false;
  #since = 0;
  #started = performance.now();

  constructor(batchSize: number) {
    this.batchSize = batchSize;
  }

  /**
   * The next slice. Where both ways are open, the faster one is taken, and now and then the other is tried.
   *
   * @param way "either", or the only way that is open
   */
  next(way: "alone" | "together" | "either"): { steps: number; isTogether: boolean } {
    const [alone, together] = [this.#alone, this.#together];
    this.#isTrial = false;
    if (way !== "either") this.#isTogether = way === "together";
    else if (together.slices < TRIAL || alone.slices < TRIAL) this.#isTogether = together.slices < TRIAL;
    else {
      this.#isTrial = ++this.#since % RETRY === 0;
      this.#isTogether = (together.perStep <= alone.perStep) !== this.#isTrial;
    }
    return { steps: this.#pace.steps, isTogether: this.#isTogether };
  }

  get #pace(): Pace {
    return this.#isTogether ? this.#together : this.#alone;
  }

  /** Tells how long that many steps of the slice took, in milliseconds. */
  measured(steps: number, elapsed: number): void {
    this.#pace.measured(steps, elapsed, this.#isTrial);
  }

  /** Gives the host its turn, unless it had one not long ago: that takes as long as many steps of a small network. */
  async rest(): Promise<void> {
    const elapsed = performance.now() - this.#started;
    // A clock that stands still (workerd) tells nothing.
    if (elapsed > 0 && elapsed < SLICE / 2) return;
    await yieldToHost();
    this.#started = performance.now();
  }
}
