/**
 * What a team of two threads does to the process around it, as JSON: how much of a processor it takes while it has nothing to do,
 * and what becomes of a training whose thread dies. The program ends with a team that nobody sent home, which must not keep it.
 */
import { init, Network, Trainer, dense } from "../../dist/index.js";
import { warmTeam } from "../conformance/program.mjs";

const workers = [];
const threads = process.getBuiltinModule("node:worker_threads");
threads.Worker = class extends threads.Worker {
  constructor(...given) {
    super(...given);
    workers.push(this);
  }
};

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const library = { Network, Trainer, dense };

/** The share of one processor that the process takes, after it had time to fall asleep. */
async function idle() {
  const network = await warmTeam(library, 2);
  await sleep(200);
  const [before, started] = [process.cpuUsage(), performance.now()];
  await sleep(1000);
  const { user, system } = process.cpuUsage(before);
  network.dispose();
  return (user + system) / 1000 / (performance.now() - started);
}

/** The code of the error that a training gives one of whose threads is ended, and how the network is and trains after it. */
async function loss() {
  const network = await warmTeam(library, 2);
  const trainer = new Trainer(network, { loss: "squaredError", optimizer: "sgd" });
  const data = { x: new Float32Array(256 * 64), y: new Float32Array(8 * 64) };
  const thread = workers.at(-1);
  setTimeout(() => thread.terminate(), 50);
  const code = await trainer.fit(data, { epochs: 1e6, batchSize: 64 }).then(() => "none", ({ code }) => code);
  const isFinite = Object.values(network.parameters()).every(({ data }) => data.every(Number.isFinite));
  const { stopped } = await trainer.fit(data, { epochs: 3, batchSize: 64 });
  const { threads } = network.inspect();
  network.dispose();
  return { code, isFinite, stopped, threads };
}

await init({ threads: 2 });
const result = { idle: await idle(), loss: await loss(), started: 0 };
await init({ threads: 2 });
await warmTeam(library, 2);
result.started = workers.length;
console.log(JSON.stringify(result));
