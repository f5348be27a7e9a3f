// What the tests ask a page to do. Each function gives plain data.
import * as own from "../dist/index.js";
import { tellOf } from "../conformance/pages/visit.js";
import { sha256, warmTeam } from "../conformance/program.mjs";

const { id, library: foreign } = Object.fromEntries(new URL(location.href).searchParams);
/** Tells the server what comes next: a page that hangs has said where. */
const stage = (text) => void tellOf(id)({ stage: text });

// Another origin's package, where the address names one.
const library = foreign ? await import(foreign) : own;
const { init, Network, Trainer, dense, adam } = library;

/** All workers that this page started, what they were sent, and whether they were ended. */
const workers = [];
if (globalThis.Worker) {
  globalThis.Worker = class extends Worker {
    jobs = 0;
    isEnded = false;

    constructor(...given) {
      super(...given);
      workers.push(this);
    }

    postMessage(...given) {
      if (given[0] === "job") this.jobs++;
      super.postMessage(...given);
    }

    terminate() {
      this.isEnded = true;
      super.terminate();
    }
  };
}

const violations = [];
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => violations.push(`${violatedDirective} ${blockedURI}`));

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** 784-128-10, large enough to be shared, with data that it can learn. */
async function create(seed = 1) {
  stage("creating a network");
  const network = await Network.create({ input: 784, layers: [dense(128, "relu"), dense(10, "softmax")], seed });
  return { network, trainer: new Trainer(network, { loss: "crossEntropy", optimizer: adam({ learningRate: 1e-3 }) }) };
}

function data(rows = 1280) {
  let state = 1;
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const y = Int32Array.from({ length: rows }, () => Math.floor(random() * 10));
  return { x: Float32Array.from({ length: rows * 784 }, (_, n) => random() * (n % 10 === y[Math.floor(n / 784)] ? 1 : 0.5)), y };
}

const bits = (network) => sha256(Object.values(network.parameters()).map((tensor) => tensor.data));
const isFinite = (network) => Object.values(network.parameters()).every((tensor) => tensor.data.every(Number.isFinite));

/** What became of a promise, as plain data: its code and message where it failed. */
async function outcome(promise) {
  stage("training");
  const started = performance.now();
  const result = await promise.then(({ stopped }) => ({ stopped }), (error) => ({ code: error.code ?? String(error), message: error.message }));
  return { ...result, seconds: (performance.now() - started) / 1000 };
}

/** Whether a call gives something, or the code of its error. */
function attempt(call) {
  try {
    call();
    return "done";
  } catch (error) {
    return error.code ?? String(error);
  }
}

/** The bits after so many epochs, by themselves on whatever engine there is. */
async function plain(epochs, seed = 1) {
  const { network, trainer } = await create(seed);
  stage("training by itself");
  await trainer.fit(data(), { epochs, batchSize: 128 });
  const result = await bits(network);
  network.dispose();
  return result;
}

globalThis.tests = {
  isIsolated: () => globalThis.crossOriginIsolated === true,

  /** Trains with that many threads asked for; how it went, and on what. */
  async train(threads, epochs = 20, inTheEnd = undefined, options = {}) {
    await init(threads === "auto" ? options : { threads, ...options });
    const { network, trainer } = await create();
    const { engine, build, threads: got, notes } = network.inspect();
    const first = await outcome(trainer.fit(data(), { epochs, batchSize: 128 }));
    const second = await outcome(trainer.fit(data(), { epochs: 1, batchSize: 128 }));
    // The page is told when it has time that a worker could not start.
    for (let n = 0; inTheEnd !== undefined && network.inspect().threads !== inTheEnd && n < 500; n++) {
      await new Promise((resolve) => { setTimeout(resolve, 10); });
    }
    const after = network.inspect();
    network.dispose();
    return { engine, build, threads: got, notes, first, second, after: { threads: after.threads, notes: after.notes }, violations };
  },

  /** How long the page has to wait for its turn while it trains: times between frames, and between turns of its main thread, in ms. */
  async responsiveness(threads) {
    await init({ threads });
    const { network, trainer } = await create();
    const controller = new AbortController();
    const frames = [], turns = [];
    let slices = 0;
    let lastFrame = performance.now(), lastTurn = lastFrame, isOver = false;
    const onFrame = (now) => {
      frames.push(now - lastFrame);
      lastFrame = now;
      if (!isOver) requestAnimationFrame(onFrame);
    };
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      const now = performance.now();
      turns.push(now - lastTurn);
      lastTurn = now;
      if (!isOver) setTimeout(() => port2.postMessage(0), 1);
    };
    requestAnimationFrame(onFrame);
    const rows = data();
    const training = trainer.fit(rows, { epochs: 1e6, batchSize: 128, signal: controller.signal, onProgress: () => { slices++; } });
    lastTurn = performance.now();
    port2.postMessage(0);
    await sleep(3000);
    controller.abort();
    await training;
    isOver = true;
    const { steps } = trainer;
    network.dispose();
    const sorted = (values) => values.sort((a, b) => a - b);
    const summary = (values) => ({ count: values.length, median: values[values.length >> 1], p99: values[Math.floor(values.length * 0.99)], max: values.at(-1) });
    return { steps, slices, frames: summary(sorted(frames)), turns: summary(sorted(turns)) };
  },

  /** Calls all that may be called while a training runs, and some that may not. */
  async callsDuringFit(threads) {
    await init({ threads: 1 });
    const expected = await plain(30);
    await init({ threads });
    const { network, trainer } = await create();
    const other = await create(2);
    const batch = data(16);
    const codes = new Set(), predictions = [], files = [];
    let isRunning = true, calls = 0;
    const training = outcome(trainer.fit(data(), { epochs: 30, batchSize: 128 })).finally(() => (isRunning = false));
    await sleep(20);
    while (isRunning) {
      predictions.push(network.predict(batch.x));
      files.push(network.save());
      codes.add(attempt(() => trainer.step(batch.x, batch.y)));
      codes.add(attempt(() => trainer.gradients(batch.x, batch.y)));
      if (!isFinite(network) || !(trainer.steps > 0)) codes.add("not finite");
      other.trainer.step(batch.x, batch.y);
      calls++;
      await sleep(calls % 7);
    }
    // The last file is some state that the network went through.
    const copy = await Network.load(files.at(-1));
    const isCopy = copy.predict(batch.x).every((value, n) => value === predictions.at(-1)[n]);
    const result = {
      training: await training, calls, codes: [...codes], isCopy, isSame: (await bits(network)) === expected,
      areFinite: predictions.every((values) => values.every(Number.isFinite)), isOtherFinite: isFinite(other.network),
    };
    for (const one of [network, other.network, copy]) one.dispose();
    return result;
  },

  /** Two trainings at the same time, on two networks of one engine. */
  async twoAtOnce(threads) {
    await init({ threads: 1 });
    const expected = [await plain(20, 1), await plain(20, 2)];
    await init({ threads });
    const both = [await create(1), await create(2)];
    const fits = await Promise.all(both.map(({ trainer }) => outcome(trainer.fit(data(), { epochs: 20, batchSize: 128 }))));
    const results = await Promise.all(both.map(({ network }) => bits(network)));
    for (const { network } of both) network.dispose();
    return { fits, areSame: results.map((result, n) => result === expected[n]) };
  },

  async abort(threads) {
    await init({ threads });
    const { network, trainer } = await create();
    const controller = new AbortController();
    const training = outcome(trainer.fit(data(), { epochs: 1e6, batchSize: 128, signal: controller.signal }));
    await sleep(300);
    const asked = performance.now();
    controller.abort();
    const { stopped } = await training;
    const ms = performance.now() - asked;
    const finite = isFinite(network);
    const again = await outcome(trainer.fit(data(), { epochs: 1, batchSize: 128 }));
    network.dispose();
    return { stopped, ms, isFinite: finite, again: again.stopped };
  },

  /** The network is disposed in the middle of a training; then another one trains. `what` is "network" or "trainer". */
  async disposeDuringFit(threads, what) {
    await init({ threads: 1 });
    const expected = await plain(10);
    await init({ threads });
    const ended = [];
    const same = [];
    for (let n = 0; n < 3; n++) {
      const { network, trainer } = await create(3);
      const training = outcome(trainer.fit(data(), { epochs: 1e6, batchSize: 128 }));
      await sleep(300 + 3 * n);
      if (what === "network") network.dispose();
      else trainer.dispose();
      // At once: it gets the memory of the one before.
      same.push((await plain(10)) === expected);
      ended.push(await training);
      if (what === "trainer") network.dispose();
    }
    return { ended: ended.map(({ code }) => code), seconds: Math.max(...ended.map(({ seconds }) => seconds)), same };
  },

  /** Workers that are there while a network lives, and after. */
  async dispose(threads) {
    const before = workers.length;
    await init({ threads });
    const networks = [await warmTeam(library, threads), await warmTeam(library, threads)];
    const mine = workers.slice(before);
    const started = mine.length;
    networks[0].dispose();
    const endedEarly = mine.filter(({ isEnded }) => isEnded).length;
    networks[1].dispose();
    const ended = mine.filter(({ isEnded }) => isEnded).length;
    // The next network starts a new team.
    const third = await warmTeam(library, threads);
    const again = workers.length - before - started;
    third.dispose();
    return { started, endedEarly, ended, again };
  },

  /** A worker of the team dies in the middle of a training, and nobody tells. */
  async kill(threads, which) {
    const before = workers.length;
    await init({ threads });
    const { network, trainer } = await create();
    const training = outcome(trainer.fit(data(), { epochs: 1e6, batchSize: 128 }));
    await sleep(700);
    workers[before + which].terminate();
    const killed = performance.now();
    const first = await training;
    const seconds = (performance.now() - killed) / 1000;
    const finite = isFinite(network);
    const second = await outcome(trainer.fit(data(), { epochs: 3, batchSize: 128 }));
    const { threads: left } = network.inspect();
    const jobs = workers.slice(before).reduce((sum, worker) => sum + worker.jobs, 0);
    network.dispose();
    return { first, seconds, jobs, isFinite: finite, second, threads: left };
  },
};
