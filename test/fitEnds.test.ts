import { describe, expect, test } from "vitest";
import { adam, dense, type FitOptions, Network, Trainer } from "../src/index";
import { SeededNumbers } from "./support/numbers";

// How a training ends before its last epoch: by an abort, by a loop that is left, by an exception.

const numbers = new SeededNumbers(2);
const data = { x: numbers.array(3 * 40), y: Uint8Array.from({ length: 40 }, (_, n) => n % 3) };

async function classifier() {
  const network = await Network.create({ input: 3, layers: [dense(6, "tanh"), dense(3, "softmax")], seed: 8 });
  return { network, trainer: new Trainer(network, { loss: "crossEntropy", optimizer: adam() }) };
}

/** The parameters after `epochs` epochs without a disturbance. */
async function after(epochs: number) {
  const { network, trainer } = await classifier();
  if (epochs > 0) await trainer.fit(data, { epochs, batchSize: 8 });
  const parameters = network.parameters();
  network.dispose();
  return parameters;
}

const options = (more: FitOptions): FitOptions => ({ epochs: 6, batchSize: 8, ...more });

describe("an abort", () => {
  test("before fit: nothing happens, and fit says so", async () => {
    const { network, trainer } = await classifier();
    const history = await trainer.fit(data, options({ signal: AbortSignal.abort() }));
    expect(history).toEqual({ epochs: [], stopped: "aborted" });
    expect(network.parameters()).toEqual(await after(0));
    network.dispose();
  });

  test("before fit does not excuse wrong data", async () => {
    const { network, trainer } = await classifier();
    await expect(trainer.fit({ x: data.x, y: [1] }, options({ signal: AbortSignal.abort() }))).rejects.toMatchObject({ code: "shape" });
    network.dispose();
  });

  test("while data are copied: nothing happens", async () => {
    const { network, trainer } = await classifier();
    const controller = new AbortController();
    const large = { x: new Float32Array(3 * 3_000_000), y: new Uint8Array(3_000_000) };
    const running = trainer.fit(large, options({ signal: controller.signal }));
    setImmediate(() => controller.abort());
    expect(await running).toEqual({ epochs: [], stopped: "aborted" });
    expect(network.parameters()).toEqual(await after(0));
    network.dispose();
  });

  test("from onEpoch: the epochs that were done stay", async () => {
    const { network, trainer } = await classifier();
    const controller = new AbortController();
    const onEpoch = ({ epoch }: { epoch: number }) => { if (epoch === 2) controller.abort(); };
    const { epochs, stopped } = await trainer.fit(data, options({ signal: controller.signal, onEpoch }));
    expect([epochs.length, stopped]).toEqual([2, "aborted"]);
    expect(network.parameters()).toEqual(await after(2));
    network.dispose();
  });

  test("from onProgress: the steps that were done stay, and the epoch is not reported", async () => {
    const { network, trainer } = await classifier();
    const controller = new AbortController();
    const many = { x: numbers.array(3 * 20_000), y: new Uint8Array(20_000) };
    let done = 0;
    const onProgress = ({ epoch, step }: { epoch: number; step: number }) => {
      if (epoch < 2) return;
      done = step;
      controller.abort();
    };
    const { epochs, stopped } = await trainer.fit(many, options({ batchSize: 1, signal: controller.signal, onProgress }));
    expect([epochs.length, stopped]).toEqual([1, "aborted"]);
    expect(done).toBeLessThan(20_000);
    expect(trainer.steps).toBe(20_000 + done);
    network.dispose();
  });

  test("in the last epoch's onEpoch changes nothing: all is done", async () => {
    const { network, trainer } = await classifier();
    const controller = new AbortController();
    const onEpoch = ({ epoch }: { epoch: number }) => { if (epoch === 6) controller.abort(); };
    const { epochs, stopped } = await trainer.fit(data, options({ signal: controller.signal, onEpoch }));
    expect([epochs.length, stopped]).toEqual([6, "completed"]);
    network.dispose();
  });

  test("during a long validation ends it: the epoch is reported without", async () => {
    const { network, trainer } = await classifier();
    const controller = new AbortController();
    const validation = { x: new Float32Array(3 * 1_500_000), y: new Uint8Array(1_500_000) };
    const onProgress = ({ step, steps }: { step: number; steps: number }) => { if (step === steps) setImmediate(() => controller.abort()); };
    const { epochs, stopped } = await trainer.fit(data, options({ signal: controller.signal, validation, onProgress }));
    expect(stopped).toBe("aborted");
    expect(epochs).toHaveLength(1);
    expect(epochs[0]).not.toHaveProperty("validation");
    network.dispose();
  });

  test("by a timeout works as by hand, and the trainer goes on afterwards", async () => {
    const { network, trainer } = await classifier();
    const { stopped } = await trainer.fit(data, options({ epochs: 1_000_000, signal: AbortSignal.timeout(30) }));
    expect(stopped).toBe("aborted");
    expect((await trainer.fit(data, { epochs: 1 })).stopped).toBe("completed");
    network.dispose();
  });
});

describe("a loop over epochs", () => {
  test("gives each epoch as it is done", async () => {
    const { network, trainer } = await classifier();
    const seen: number[] = [];
    for await (const { epoch } of trainer.epochs(data, options({}))) {
      expect(trainer.steps).toBe(epoch * 5);
      seen.push(epoch);
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
    expect(network.parameters()).toEqual(await after(6));
    network.dispose();
  });

  test("that is left keeps the epochs that were done, and the trainer goes on", async () => {
    const { network, trainer } = await classifier();
    for await (const { epoch } of trainer.epochs(data, options({}))) if (epoch === 4) break;
    expect(network.parameters()).toEqual(await after(4));
    await trainer.fit(data, options({ epochs: 2 }));
    expect(network.parameters()).toEqual(await after(6));
    network.dispose();
  });

  test("whose body throws keeps them as well, and the exception comes through", async () => {
    const { network, trainer } = await classifier();
    class Mine extends Error {}
    const loop = async () => {
      for await (const { epoch } of trainer.epochs(data, options({}))) if (epoch === 3) throw new Mine();
    };
    await expect(loop()).rejects.toThrow(Mine);
    expect(network.parameters()).toEqual(await after(3));
    trainer.step(data.x, data.y);
    network.dispose();
  });

  test("may evaluate, predict, step and change the learning rate in its body", async () => {
    const { network, trainer } = await classifier();
    const losses: number[] = [];
    for await (const { epoch } of trainer.epochs(data, options({ epochs: 3 }))) {
      losses.push((await trainer.evaluate(data)).loss);
      network.predict(data.x);
      trainer.learningRate = 0.01 / epoch;
      trainer.step(data.x.subarray(0, 3), data.y.subarray(0, 1));
    }
    expect(losses).toHaveLength(3);
    expect(trainer.steps).toBe(3 * 6);
    network.dispose();
  });

  test("that finds the trainer busy with what its body did not await is refused", async () => {
    const { network, trainer } = await classifier();
    const evaluations: Promise<unknown>[] = [];
    const loop = async () => {
      for await (const { epoch } of trainer.epochs(data, options({}))) if (epoch === 2) evaluations.push(trainer.evaluate(data));
    };
    await expect(loop()).rejects.toMatchObject({ code: "busy" });
    await expect(Promise.all(evaluations)).resolves.toHaveLength(1);
    expect(network.parameters()).toEqual(await after(2));
    network.dispose();
  });

  test("that is never begun does nothing, not even to the trainer", async () => {
    const { network, trainer } = await classifier();
    trainer.epochs(data, options({}));
    const loop = trainer.epochs(data, options({}));
    await loop.next();
    // Left without a word: the trainer is free all the same.
    await trainer.fit(data, options({ epochs: 5 }));
    expect(network.parameters()).toEqual(await after(6));
    network.dispose();
  });
});

describe("an exception of a callback", () => {
  class Mine extends Error {}

  test.each(["throws", "rejects"])("onEpoch %s: fit rejects with it, and the epochs that were done stay", async (how) => {
    const { network, trainer } = await classifier();
    const onEpoch = ({ epoch }: { epoch: number }) => {
      if (epoch < 2) return undefined;
      if (how === "rejects") return Promise.reject(new Mine());
      throw new Mine();
    };
    await expect(trainer.fit(data, options({ onEpoch }))).rejects.toThrow(Mine);
    expect(network.parameters()).toEqual(await after(2));
    await trainer.fit(data, options({ epochs: 4 }));
    expect(network.parameters()).toEqual(await after(6));
    network.dispose();
  });

  test("onProgress throws: fit rejects with it, and the steps that were done stay", async () => {
    const { network, trainer } = await classifier();
    const onProgress = ({ epoch }: { epoch: number }) => { if (epoch === 2) throw new Mine(); };
    await expect(trainer.fit(data, options({ onProgress }))).rejects.toThrow(Mine);
    expect(trainer.steps).toBeGreaterThan(5);
    expect(trainer.step(data.x, data.y)).toBeGreaterThan(0);
    network.dispose();
  });

  test("onProgress throws right after a step that made weights infinite: they are as before fit", async () => {
    const network = await Network.create({ input: 1, layers: [dense(1)], seed: 1 });
    const trainer = new Trainer(network, { loss: "squaredError", optimizer: { type: "sgd", learningRate: 1e6 } });
    const before = network.parameters();
    const wild = { x: [[1e17]], y: [[1e16]] };
    await expect(trainer.fit(wild, { epochs: 5, onProgress: () => { throw new Mine(); } })).rejects.toThrow(Mine);
    expect(network.parameters()).toEqual(before);
    network.dispose();
  });

  test("a promise of onEpoch is awaited", async () => {
    const { network, trainer } = await classifier();
    const log: string[] = [];
    const onEpoch = async ({ epoch }: { epoch: number }) => {
      log.push(`begin ${epoch}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      log.push(`end ${epoch}`);
    };
    await trainer.fit(data, options({ epochs: 2, onEpoch }));
    expect(log).toEqual(["begin 1", "end 1", "begin 2", "end 2"]);
    network.dispose();
  });
});

test.each(["rmsprop", "adagrad", "adam", "adamW"] as const)("a squared gradient that overflows in %s is a divergence, not an end of learning in silence", async (optimizer) => {
  const network = await Network.create({ input: 1, layers: [dense(1)], seed: 1 });
  const trainer = new Trainer(network, { loss: "meanAbsoluteError", optimizer });
  const before = network.parameters();
  await expect(trainer.fit({ x: [[1e25]], y: [[0]] }, { epochs: 3 })).rejects.toMatchObject({
    code: "diverged", message: expect.stringMatching(/^epoch 1, step 1: the updates made a weight, or what the optimizer keeps of it, infinite or NaN/),
  });
  expect(network.parameters()).toEqual(before);
  expect(trainer.steps).toBe(0);
  network.dispose();
});
