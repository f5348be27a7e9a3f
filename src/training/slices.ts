// Long work is done in slices of a few milliseconds, so that a page stays responsive and an abort takes effect soon.

/** Milliseconds that one slice should take: half a frame at 60 Hz. */
const SLICE = 8;
/** Steps a slice may grow by at once; runtimes whose clock stands still while code runs (workerd) never ask for less. */
const GROWTH = 2;
const MOST_STEPS = 4096;

interface SchedulerGlobal {
  scheduler?: { yield?: () => Promise<void> };
  setImmediate?: (callback: () => void) => void;
}

/** Lets the host do what it has waiting. Timers would wait 4 ms each in browsers, so messages serve there. */
export function yieldToHost(): Promise<void> {
  const { scheduler, setImmediate } = globalThis as SchedulerGlobal;
  if (scheduler?.yield) return scheduler.yield();
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

/** Cuts long work into slices: how many steps the next one should have, and when the host gets its turn. */
export class Slices {
  #steps = 1;
  #started = performance.now();

  /** Steps of the next slice. */
  get steps(): number {
    return this.#steps;
  }

  /** Tells how long the last `steps` steps took, in milliseconds. */
  measured(steps: number, elapsed: number): void {
    const fitting = elapsed > 0 ? Math.floor((steps * SLICE) / elapsed) : MOST_STEPS;
    this.#steps = Math.max(1, Math.min(fitting, this.#steps * GROWTH, MOST_STEPS));
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
