// @ts-check
// A thread of a team that works as the others do, and in one job stops in the middle: it comes to some barriers, without having done
// its part, and dies.
import { workerData } from "node:worker_threads";

/**
 * @typedef {{ module: WebAssembly.Module, memory: WebAssembly.Memory, team: number, thread: number, wide?: boolean }} Place
 * @typedef {{ fields: typeof import("../../assembly/records").Team, placeWords: number, job: number, barriers: number, limit: number }} Orders
 */
const { module, memory, team, thread, wide = false, fields, placeWords, job: lastJob, barriers, limit } = /** @type {Place & Orders} */ (workerData);

const { exports } = new WebAssembly.Instance(module, { env: { memory } });
const core = /** @type {{ serve(team: number, thread: number, seen: number): number, setWide?(on: boolean): void }} */ (/** @type {unknown} */ (exports));
core.setWide?.(wide);
const words = new Int32Array(memory.buffer);
/** @param {number} field */
const at = (field) => team / 4 + field;

let job = 0;
while (job >= 0 && job < lastJob - 1) job = core.serve(team, thread, job);
if (job >= 0) {
  const place = at(fields.places + thread * placeWords);
  Atomics.store(words, place, job);
  Atomics.wait(words, at(fields.job), job);
  // The first thread must not wait for long.
  words[at(fields.limit)] = limit;
  Atomics.store(words, place, job + 1);
  Atomics.notify(words, place);
  for (let n = 0; n < barriers; n++) meet();
}

function meet() {
  const number = Atomics.load(words, at(fields.barrier));
  if (Atomics.add(words, at(fields.arrived), 1) === words[at(fields.size)] - 1) {
    Atomics.store(words, at(fields.arrived), 0);
    words[at(fields.halt)] = 0;
    Atomics.store(words, at(fields.barrier), number + 1);
    Atomics.notify(words, at(fields.barrier));
  } else Atomics.wait(words, at(fields.barrier), number);
}
