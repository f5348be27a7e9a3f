import { adam, dense, init, Network, Trainer } from "../../src/index";
import { type Row, summary } from "../measure";

/** How 784-128-10 is trained while the page is measured; "idle" is the page by itself. */
export interface Description {
  where: "page" | "worker" | "idle";
  batchSize: number;
  /** Default: as the library chooses. */
  threads?: number;
  seconds: number;
}

/** What the page felt, in milliseconds. */
export interface Feeling {
  threads: number;
  /** Between turns of its thread, where something was in between: tasks, and whatever else the machine did. */
  tasks: number[];
  /** Between frames, while nothing else is measured. */
  frames: number[];
  /** From the call of `abort` until `fit` is over. */
  abort: number;
  /** With a worker: what the page does with its messages. */
  own: number[];
}

const ROWS = 12_800;
/** Shorter gaps are those of the measurement. */
const LEAST = 0.5;

function data() {
  let state = 1;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return { x: Float32Array.from({ length: ROWS * 784 }, random), y: Int32Array.from({ length: ROWS }, () => Math.floor(random() * 10)) };
}

/** Trains until the signal comes. `onStart` is called right before, `onEpoch` after each epoch. Gives the threads. */
export async function train({ batchSize, threads }: Description, signal: AbortSignal, onStart: () => void, onEpoch = (_loss: number) => {}): Promise<number> {
  await init(threads === undefined ? {} : { threads });
  const network = await Network.create({ input: 784, layers: [dense(128, "relu"), dense(10, "softmax")], seed: 1 });
  const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: adam() });
  const rows = data();
  // What is compiled late is compiled now.
  await trainer.fit(rows, { epochs: 1, batchSize });
  onStart();
  await trainer.fit(rows, { epochs: 1e6, batchSize, signal, onEpoch: ({ loss }) => onEpoch(loss) });
  const result = network.inspect().threads;
  network.dispose();
  return result;
}

/** Asks for turn after turn, and so keeps the thread busy. */
async function takeTurns(seconds: number): Promise<number[]> {
  const turns: number[] = [];
  const { port1, port2 } = new MessageChannel();
  const started = performance.now();
  let last = started;
  await new Promise<void>((resolve) => {
    port1.onmessage = () => {
      const now = performance.now();
      turns.push(now - last);
      last = now;
      if (now - started < 1000 * seconds) return port2.postMessage(0);
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
  return turns.filter((gap) => gap >= LEAST);
}

async function takeFrames(seconds: number): Promise<number[]> {
  const frames: number[] = [];
  let last = await new Promise(requestAnimationFrame);
  for (const started = last; last - started < 1000 * seconds;) {
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - last);
    last = now;
  }
  return frames;
}

/** Trains for that long, in this page or in a worker of it, and aborts. */
export async function feel(description: Description): Promise<Feeling> {
  const { where, seconds } = description;
  const { signal, abort } = abortable();
  const own: number[] = [];
  let start!: (turns: Promise<number[]>) => void;
  const started = new Promise<Promise<number[]>>((resolve) => { start = resolve; });
  // At once, so that the copying of the data counts.
  const onStart = () => start(takeTurns(seconds / 2));
  if (where === "idle") onStart();
  const training = where === "idle" ? Promise.resolve(0) : where === "page" ? train(description, signal, onStart) : inWorker(description, signal, own, onStart);
  const tasks = await Promise.race([started, training.then(() => started)]);
  const frames = await takeFrames(seconds / 2);
  const asked = performance.now();
  abort();
  const threads = await training;
  return { threads, tasks, frames, own, abort: performance.now() - asked };
}

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

/** What is measured: 784-128-10 at two sizes of batch, on the page's thread and on as many as the library takes, and in a worker. */
export function feelings(): Pick<Description, "where" | "batchSize" | "threads">[] {
  const both = [32, 128].flatMap((batchSize) => [{ batchSize, threads: 1 }, { batchSize }]);
  return [{ where: "idle", batchSize: 0 }, ...both.map((one) => ({ where: "page" as const, ...one })), { where: "worker", batchSize: 32, threads: 1 }];
}

export const nameOf = ({ where, batchSize, threads }: Pick<Description, "where" | "batchSize" | "threads">) => (
  where === "idle" ? "feel-idle" : `feel-${where}-b${batchSize}${threads === undefined ? "-auto" : ""}`
);

/** The rows of one case, of several visits. */
export function rowsOf(name: string, engine: string, visits: readonly Feeling[]): Row[] {
  const of = (what: "tasks" | "frames" | "own") => visits.flatMap((visit) => visit[what]);
  const row = (part: string, values: readonly number[]): Row[] => {
    if (values.length === 0) return [];
    const p99 = [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.99)];
    return [{ case: `${name}: ${part}`, engine, build: "simd", threads: visits[0].threads, unit: "ms", ...summary(values), p99 }];
  };
  const isTraining = name !== "feel-idle";
  return [...row("tasks", of("tasks")), ...row("frames", of("frames")), ...row("the page's own", of("own")), ...(isTraining ? row("abort", visits.map(({ abort }) => abort)) : [])];
}

/** The same in a worker, which tells its losses, and is told to stop by a message. */
function inWorker(description: Description, signal: AbortSignal, own: number[], onStart: () => void): Promise<number> {
  const worker = new Worker(new URL("./trainer.js", import.meta.url), { type: "module" });
  signal.addEventListener("abort", () => worker.postMessage("abort"));
  worker.postMessage(description);
  return new Promise((resolve, reject) => {
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.onmessage = ({ data: { started, loss, threads } }) => {
      const now = performance.now();
      if (started) onStart();
      else if (threads !== undefined) {
        worker.terminate();
        resolve(threads);
      } else {
        document.body.textContent = `loss ${loss}`;
        own.push(performance.now() - now);
      }
    };
  });
}
