// A team is faster than one thread where the processors are free, and slower where they are busy, since each barrier then waits for the
// scheduler. Only a clock tells.

/** How work may be done: by this thread, or by the team. */
export type Way = "alone" | "together";

/** Turns of a first trial: code that was just compiled is slow. */
const TRIAL = 3;
/** Turns after which the other way is tried again: few after a change, more each time that it was slower still. */
const [FIRST_RETRY, LAST_RETRY] = [8, 128];

/** Finds the faster of two ways by trying both, and goes on trying the other one now and then. */
export class Pace {
  readonly #turns: Record<Way, number> = { alone: 0, together: 0 };
  readonly #times: Record<Way, number> = { alone: Infinity, together: Infinity };
  #way: Way = "together";
  #retry = FIRST_RETRY;
  #since = 0;

  /** The way to take next. */
  next(): Way {
    if (this.#turns.together < TRIAL) return "together";
    if (this.#turns.alone < TRIAL) return "alone";
    return this.#since < this.#retry ? this.#way : other(this.#way);
  }

  /** Tells how long a piece of the work took in one way. */
  measured(way: Way, time: number): void {
    const isNew = way !== this.#way || this.#turns[way] < TRIAL;
    this.#times[way] = isNew ? time : (this.#times[way] + time) / 2;
    this.#turns[way]++;
    if (way === this.#way) this.#since++;
    else this.#decide(way);
  }

  #decide(tried: Way): void {
    const isFaster = this.#times[tried] < this.#times[this.#way];
    if (isFaster) this.#way = tried;
    this.#retry = isFaster ? FIRST_RETRY : Math.min(this.#retry * 2, LAST_RETRY);
    this.#since = 0;
  }
}

function other(way: Way): Way {
  return way === "alone" ? "together" : "alone";
}
