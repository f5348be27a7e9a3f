import { drawFrame } from "./frames";
import { Pace, type Way } from "../plan/pace";

// Long work is done in slices of a few milliseconds, so that a page stays responsive and an abort takes effect soon.

/** Milliseconds that one slice should take: half a frame at 60 Hz. */
const SLICE = 8;
/** Steps a slice may grow by at once; runtimes whose clock stands still while code runs (workerd) never ask for less. */
const GROWTH = 2;
/** Steps of a slice at the most. */
export const MOST_STEPS = 4096;

/** Ways to be called when the host had its turn; false where there is none of this kind. Timers would wait 4 ms each in browsers. */
const ways: ((callback: () => void) => boolean)[] = [byImmediate, byMessage, byTimer];

function byImmediate(callback: () => void): boolean {
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => void };
  setImmediate?.(callback);
  return setImmediate !== undefined;
}

function byMessage(callback: () => void): boolean {
  if (typeof MessageChannel === "undefined") return false;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    callback();
  };
  port2.postMessage(0);
  return true;
}

function byTimer(callback: () => void): boolean {
  setTimeout(callback, 0);
  return true;
}

/**
 * Lets the host do what it has waiting. What `scheduler.yield` resumes goes before all timers and messages, and a training would keep them waiting
 * until its end.
 */
export function yieldToHost(): Promise<void> {
  return new Promise((resolve) => {
    while (!works(ways[0], resolve)) ways.shift();
  });
}

/** Next.js's edge has `setImmediate` and `MessageChannel`, and throws where they are used. */
function works(way: (callback: () => void) => boolean, callback: () => void): boolean {
  try {
    return way(callback);
  } catch (error) {
    if (way === byTimer) throw error;
    return false;
  }
}

/** Cuts long work into slices: how many steps the next one should have, whether a team does them, and when the host gets its turn. */
export class Slices {
  /** Rows of the batches whose pace it knows. */
  readonly batchSize: number;
  readonly #pace = new Pace();
  readonly #steps: Record<Way, number> = { alone: 1, together: 1 };
  #started = performance.now();

  constructor(batchSize: number) {
    this.batchSize = batchSize;
  }

  /** The next slice. With a team the faster way is taken, and now and then the other is tried. */
  next(hasTeam: boolean): { steps: number; way: Way } {
    const way = hasTeam ? this.#pace.next() : "alone";
    return { steps: this.#steps[way], way };
  }

  /** Tells how long that many steps took, in milliseconds. */
  measured(way: Way, steps: number, elapsed: number): void {
    this.#pace.measured(way, elapsed / steps);
    const fitting = elapsed > 0 ? Math.floor((steps * SLICE) / elapsed) : MOST_STEPS;
    this.#steps[way] = Math.max(1, Math.min(fitting, this.#steps[way] * GROWTH, MOST_STEPS));
  }

  /** Gives the host its turn, unless it had one not long ago: that takes as long as many steps of a small network. */
  async rest(): Promise<void> {
    const elapsed = performance.now() - this.#started;
    // A clock that stands still (workerd) tells nothing.
    if (elapsed > 0 && elapsed < SLICE / 2) return;
    await drawFrame();
    await yieldToHost();
    this.#started = performance.now();
  }
}
