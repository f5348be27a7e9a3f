// A team is faster than one thread where the processors are free, and slower where they are busy, since each barrier then waits for the
// scheduler. Only a clock tells.

/** How work may be done: by this thread, or by the team. */
export type Way = "alone" | "together";

/** Turns after which the slower way is tried again: the other processors may have become free, or busy. */
const RETRY = 128;
/** Turns of a first trial: code that was just compiled is slow. */
const TRIAL = 3;

class Times {
  turns = 0;
  latest = 0;

  /** A mean that forgets, or the last one where others are too old. */
  measured(time: number, isTrial: boolean): void {
    this.latest = isTrial || this.turns < TRIAL ? time : (this.latest + time) / 2;
    this.turns++;
  }
}

/** Finds the faster of two ways by trying both, and now and then the slower one again. */
export class Pace {
  readonly #times: Record<Way, Times> = { alone: new Times(), together: new Times() };
  #isTrial = false;
  #since = 0;

  /** The way to take next. */
  next(): Way {
    const { alone, together } = this.#times;
    this.#isTrial = false;
    if (together.turns < TRIAL) return "together";
    if (alone.turns < TRIAL) return "alone";
    this.#isTrial = ++this.#since % RETRY === 0;
    return (together.latest <= alone.latest) !== this.#isTrial ? "together" : "alone";
  }

  /** Tells how long a piece of the work took that way. */
  measured(way: Way, time: number): void {
    this.#times[way].measured(time, this.#isTrial);
  }
}
