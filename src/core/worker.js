// @ts-check
// A thread of a team: Web Worker in browsers, worker thread elsewhere. Plain JavaScript, for it must run as it lies here, from the
// sources as well as from the package.

/**
 * What it is told when it starts: the compiled core, its memory and whether its registers are wide, the address of the team's
 * block, and which thread it is.
 *
 * @typedef {{ module: WebAssembly.Module, memory: WebAssembly.Memory, wide: boolean, team: number, thread: number, lock?: string }} Place
 */

/** @type {typeof import("node:worker_threads") | undefined} */
const threads = globalThis.process?.getBuiltinModule?.("node:worker_threads");

if (threads && !threads.isMainThread) {
  work(threads.workerData);
} else {
  globalThis.onmessage = async ({ data }) => {
    if (await hold(data.lock)) globalThis.postMessage("held");
    work(data);
  };
}

/**
 * Takes a lock for as long as this worker lives. False where there are none.
 *
 * @param {string} lock
 */
async function hold(lock) {
  try {
    await new Promise((resolve, reject) => {
      navigator.locks.request(lock, () => new Promise(() => resolve(undefined))).catch(reject);
    });
    return true;
  } catch {
    return false;
  }
}

/** @param {Place} place */
function work({ module, memory, wide, team, thread }) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  exports.setWide(wide);
  if (thread === 0) return lead(/** @type {() => number} */ (() => exports.lead(team)));
  for (let job = 0; job >= 0;) job = exports.serve(team, thread, job);
  globalThis.close?.();
}

/**
 * The first thread where the one that asks may not wait: each message is a job, and is answered when it is done.
 *
 * @param {() => number} job
 */
function lead(job) {
  globalThis.onmessage = () => globalThis.postMessage(job());
  globalThis.postMessage("ready");
}
