// What a runtime has for threads.

/** A thread that runs worker.js. */
export interface Thread {
  post(message: unknown): void;
  terminate(): void;
}

/** What a thread tells. */
export interface ThreadEvents {
  onMessage(message: unknown): void;
  /** It died, and why. */
  onDeath(reason: string): void;
}

interface NodeWorker {
  on(event: "message" | "error" | "exit", listener: (value: unknown) => void): void;
  unref(): void;
  postMessage(message: unknown): void;
  terminate(): Promise<unknown>;
}

interface Runtime {
  process?: { getBuiltinModule?: (name: string) => unknown };
  navigator?: { hardwareConcurrency?: number };
  crossOriginIsolated?: boolean;
}

const runtime = globalThis as Runtime;

/** Node's module where there is one, Deno's and Bun's among them. */
export function builtin<T>(name: string): T | undefined {
  return runtime.process?.getBuiltinModule?.(name) as T | undefined;
}

/** Processors that this process may use. */
export function processors(): number {
  const { navigator } = runtime;
  return navigator?.hardwareConcurrency ?? builtin<{ availableParallelism(): number }>("node:os")?.availableParallelism() ?? 1;
}

/** Why there can be no threads here; undefined where there can. */
export function threadsRefused(): string | undefined {
  if (typeof SharedArrayBuffer === "undefined" || runtime.crossOriginIsolated === false) {
    return "one thread: memory can't be shared here; a page needs cross-origin isolation (the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp)";
  }
  if (!builtin("node:worker_threads") && typeof Worker === "undefined") return "one thread: this runtime has no workers";
  return undefined;
}

/** Whether this thread may wait for others: the main thread of a page may not. */
export function mayWait(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
}

/** Starts worker.js, which must not keep the program from ending. `place` is what it is told. */
export function startThread(place: object, { onMessage, onDeath }: ThreadEvents): Thread {
  let isAlive = true;
  const die = (reason: string) => {
    if (isAlive) onDeath(reason);
    isAlive = false;
  };
  try {
    const node = builtin<{ Worker: new (url: URL, options: object) => NodeWorker }>("node:worker_threads");
    if (node) {
      // Without this process's flags, which may load what a thread has no use for.
      const worker = new node.Worker(new URL("./worker.js", import.meta.url), { workerData: place, execArgv: [] });
      worker.on("message", onMessage);
      worker.on("error", (error) => die(String(error)));
      worker.on("exit", (code) => die(`it ended with code ${code}`));
      worker.unref();
      return { post: (message) => worker.postMessage(message), terminate: () => void worker.terminate() };
    }
    const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    // No event tells that a worker has ended, but a lock that it held is free then.
    const lock = `deltawasm ${crypto.randomUUID()}`;
    worker.onmessage = ({ data }) => {
      if (data === "held") void navigator.locks.request(lock, () => die("it ended"));
      else onMessage(data);
    };
    worker.onerror = (event) => die(event.message || "it could not be loaded");
    worker.postMessage({ ...place, lock });
    return { post: (message) => worker.postMessage(message), terminate: () => worker.terminate() };
  } catch (error) {
    // Some browsers throw at once where the package comes from another origin than the page, Node where its permissions forbid threads.
    queueMicrotask(() => die(String(error)));
    return { post: () => {}, terminate: () => {} };
  }
}
