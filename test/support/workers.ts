import type * as WorkerThreads from "node:worker_threads";

// The object that the library gets as well.
const threads = process.getBuiltinModule("node:worker_threads") as { Worker: typeof WorkerThreads.Worker };

/** Sees the worker threads that are started from here on, until it is disposed. */
export class Workers {
  readonly started: WorkerThreads.Worker[] = [];
  /** How many of them have ended. */
  ended = 0;
  readonly #original = threads.Worker;

  /**
   * @param script what they run instead of worker.js
   * @param data what they are told beside their place
   */
  constructor(script?: URL, data: object = {}) {
    const workers = this;
    threads.Worker = class extends this.#original {
      constructor(file: string | URL, options?: WorkerThreads.WorkerOptions) {
        super(script ?? file, { ...options, workerData: { ...options?.workerData as object, ...data } });
        workers.started.push(this);
        this.once("exit", () => { workers.ended++; });
      }
    };
  }

  get living(): number {
    return this.started.length - this.ended;
  }

  /** Resolves when all have ended. */
  async allEnded(): Promise<void> {
    while (this.living > 0) await new Promise((resolve) => { setTimeout(resolve, 2); });
  }

  [Symbol.dispose](): void {
    threads.Worker = this.#original;
  }
}
