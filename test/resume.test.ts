import { afterEach, describe, expect, test, vi } from "vitest";
import { SHARED, State } from "../assembly/records";
import { adam, batchNorm, dense, dropout, type EpochReport, type FitOptions, momentum, Network, sgd, stepDecay, Trainer, type TrainerOptions } from "../src/index";
import type { Job, Team } from "../src/core/team";
import { SeededNumbers } from "./support/numbers";
import { refused } from "./support/refusals";

// Where a training goes on, and where it can't.

// Every record that can be divided among threads is, however small.
vi.mock("../src/plan/record", async (original) => ({
  ...await original<typeof import("../src/plan/record")>(),
  shared: (_work: number, words: Int32Array) => {
    words[SHARED] = 1;
    return words;
  },
}));

const numbers = new SeededNumbers(5);
const data = { x: numbers.array(4 * 40), y: Array.from({ length: 40 }, (_, row) => row % 3) };
const validation = { x: numbers.array(4 * 30), y: Array.from({ length: 30 }, (_, row) => row % 3) };
const fit: FitOptions = { epochs: 5, batchSize: 8 };

async function createTrainer(options: Partial<TrainerOptions> = {}): Promise<Trainer> {
  const network = await Network.create({ input: 4, layers: [dense(9, "relu"), dropout(0.2), dense(3, "softmax")], seed: 3 });
  return new Trainer(network, { loss: "crossEntropy", optimizer: adam({ learningRate: 0.02 }), ...options });
}

/** Slices of one step each, between which the host has its turn. */
function slowClock(): void {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now += 20);
}
afterEach(() => vi.restoreAllMocks());

/** Trains until step `step` of epoch `epoch`. */
async function trainUntil(trainer: Trainer, epoch: number, step: number, options: FitOptions = {}): Promise<EpochReport[]> {
  slowClock();
  const controller = new AbortController();
  const onProgress = (progress: { epoch: number; step: number }) => { if (progress.epoch === epoch && progress.step === step) controller.abort(); };
  const { epochs, stopped } = await trainer.fit(data, { ...fit, ...options, onProgress, signal: controller.signal });
  expect(stopped).toBe("aborted");
  return epochs;
}

async function filesOf(...trainers: Trainer[]): Promise<Buffer[]> {
  const files = trainers.map((trainer) => Buffer.from(trainer.save()));
  for (const { network } of trainers) network.dispose();
  return files;
}

describe("resume", () => {
  test("goes on with the trainer itself as with one that was loaded", async () => {
    const [whole, parts] = [await createTrainer(), await createTrainer()];
    await whole.fit(data, fit);
    expect(await trainUntil(parts, 3, 2)).toHaveLength(2);
    const { epochs } = await parts.fit(data, { ...fit, resume: true });
    expect(epochs.map(({ epoch }) => epoch)).toEqual([3, 4, 5]);
    const [a, b] = await filesOf(whole, parts);
    expect(b.equals(a)).toBe(true);
  });

  test("of what has come to its end does nothing, and says how it ended", async () => {
    const trainer = await createTrainer();
    const options: FitOptions = { ...fit, earlyStopping: { monitor: "loss", patience: 1, minDelta: 100 } };
    const { best } = await trainer.fit(data, options);
    const before = trainer.save();
    expect(await trainer.fit(data, { ...options, resume: true })).toEqual({ epochs: [], stopped: "earlyStopped", best });
    expect(best!.epoch).toBe(1);
    expect(Buffer.compare(trainer.save(), before)).toBe(0);
    trainer.network.dispose();
  });

  test("of what has come to its end does more epochs where more are asked for", async () => {
    const [whole, parts] = [await createTrainer(), await createTrainer()];
    await whole.fit(data, { ...fit, epochs: 7 });
    await parts.fit(data, fit);
    expect((await parts.fit(data, { ...fit, epochs: 7, resume: true })).epochs.map(({ epoch }) => epoch)).toEqual([6, 7]);
    const [a, b] = await filesOf(whole, parts);
    expect(b.equals(a)).toBe(true);
  });

  test("goes on after early stopping where there is more patience, or none is asked for", async () => {
    for (const earlyStopping of [undefined, { monitor: "loss", patience: 4, minDelta: 100 }] as const) {
      const trainer = await createTrainer();
      const first = await trainer.fit(data, { ...fit, earlyStopping: { monitor: "loss", patience: 1, minDelta: 100 } });
      expect([first.epochs.length, first.stopped]).toEqual([2, "earlyStopped"]);
      const { epochs, stopped } = await trainer.fit(data, { ...fit, ...(earlyStopping ? { earlyStopping } : {}), resume: true });
      expect(epochs.map(({ epoch }) => epoch)).toEqual([3, 4, 5]);
      expect(stopped).toBe(earlyStopping ? "earlyStopped" : "completed");
      trainer.network.dispose();
    }
  });

  test("of a new trainer is a beginning", async () => {
    const [plain, resumed] = [await createTrainer(), await createTrainer()];
    await plain.fit(data, fit);
    await resumed.fit(data, { ...fit, resume: true });
    const [a, b] = await filesOf(plain, resumed);
    expect(b.equals(a)).toBe(true);
  });

  test("left out begins again, with the optimizer and the count of epochs as they are", async () => {
    const [first, second] = [await createTrainer(), await createTrainer()];
    for (const trainer of [first, second]) await trainUntil(trainer, 2, 3);
    expect((await first.fit(data, fit)).epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5]);
    const loaded = await Trainer.load(second.save());
    await loaded.fit(data, fit);
    second.network.dispose();
    const [a, b] = await filesOf(first, loaded);
    expect(b.equals(a)).toBe(true);
  });

  test("validates an epoch whose validation was cut short, and reports it again, with it", async () => {
    const trainer = await createTrainer();
    slowClock();
    const controller = new AbortController();
    const seen: EpochReport[] = [];
    const onProgress = ({ epoch, step, steps }: { epoch: number; step: number; steps: number }) => {
      if (epoch === 2 && step === steps) setImmediate(() => setImmediate(() => controller.abort()));
    };
    const options = { ...fit, validation, onEpoch: (report: EpochReport) => { seen.push(report); } };
    const { stopped } = await trainer.fit(data, { ...options, onProgress, signal: controller.signal });
    expect(stopped).toBe("aborted");
    const loaded = await Trainer.load(trainer.save());
    expect(loaded.steps).toBe(10);
    await loaded.fit(data, { ...options, epochs: 2, resume: true });
    expect(loaded.steps).toBe(10);
    expect(seen.map(({ epoch }) => epoch)).toEqual([1, 2, 2]);
    expect(seen.map((report) => report.validation !== undefined)).toEqual([true, false, true]);
    expect(seen[2].loss).toBe(seen[1].loss);
    for (const { network } of [trainer, loaded]) network.dispose();
  });

  test("after a divergence is where it was before the training that diverged", async () => {
    const [whole, parts] = [await createTrainer({ optimizer: sgd({ learningRate: 0.1 }) }), await createTrainer({ optimizer: sgd({ learningRate: 0.1 }) })];
    await whole.fit(data, fit);
    await trainUntil(parts, 3, 2);
    const onEpoch = () => { parts.learningRate = 1e6; };
    const wild = { x: data.x.map((value) => value * 1e30), y: data.y };
    for (const resume of [false, true]) {
      await expect(parts.fit(wild, { ...fit, epochs: 50, resume, onEpoch, shuffle: true })).rejects.toMatchObject({ code: "diverged" });
    }
    expect(parts.learningRate).toBe(0.1);
    await parts.fit(data, { ...fit, resume: true });
    const [a, b] = await filesOf(whole, parts);
    expect(b.equals(a)).toBe(true);
  });
});

describe("in the middle of an epoch", () => {
  const changed: [what: string, of: typeof data, options: FitOptions][] = [
    ["rows", { x: data.x.slice(4), y: data.y.slice(1) }, {}],
    ["batchSize", data, { batchSize: 4 }], ["accumulate", data, { accumulate: 2 }], ["shuffle", data, { shuffle: false }],
  ];
  test.each(changed)("other %s are a conflict, and nothing has changed then", async (what, other, options) => {
    const trainer = await createTrainer();
    await trainUntil(trainer, 2, 3);
    const before = trainer.save();
    const loaded = await Trainer.load(before);
    for (const one of [trainer, loaded]) {
      const error = await refused(() => one.fit(other, { ...fit, ...options, resume: true }));
      expect(error.code).toBe("conflict");
      expect(error.message).toMatch(new RegExp(`^options\\.resume: training stopped in the middle of an epoch, with ${what} `));
      expect(Buffer.compare(one.save(), before)).toBe(0);
      expect((await one.fit(data, { ...fit, resume: true })).epochs).toHaveLength(4);
      one.network.dispose();
    }
  });

  test.each(changed)("other %s are welcome between two epochs", async (_what, other, options) => {
    const trainer = await createTrainer();
    await trainer.fit(data, { ...fit, epochs: 2 });
    const { epochs } = await trainer.fit(other, { ...fit, ...options, epochs: 4, resume: true });
    expect(epochs.map(({ epoch }) => epoch)).toEqual([3, 4]);
    trainer.network.dispose();
  });
});

describe("a learning rate that was set", () => {
  test("is in the file, as the base of a schedule as well", async () => {
    for (const schedule of [undefined, stepDecay({ every: 1, factor: 0.5 }), stepDecay({ every: 3, factor: 0.5, per: "step" })]) {
      const trainer = await createTrainer({ optimizer: momentum(), ...(schedule ? { schedule } : {}) });
      await trainUntil(trainer, 2, 3);
      trainer.learningRate = 0.004;
      const loaded = await Trainer.load(trainer.save());
      expect(loaded.learningRate).toBe(trainer.learningRate);
      for (const one of [trainer, loaded]) await one.fit(data, { ...fit, resume: true });
      const [a, b] = await filesOf(trainer, loaded);
      expect(b.equals(a)).toBe(true);
    }
  });

  test("is what it was before where the training diverges", async () => {
    const trainer = await createTrainer({ optimizer: sgd({ learningRate: 0.1 }), schedule: stepDecay({ every: 2 }) });
    await trainer.fit(data, { epochs: 2, batchSize: 8 });
    const before = trainer.save();
    const wild = { x: data.x.map((value) => value * 1e30), y: data.y };
    await expect(trainer.fit(wild, { epochs: 50, onProgress: () => { trainer.learningRate = 1e6; } })).rejects.toMatchObject({ code: "diverged" });
    expect(trainer.learningRate).toBeCloseTo(0.01, 15);
    expect(Buffer.compare(trainer.save(), before)).toBe(0);
    trainer.network.dispose();
  });
});

test("a trainer goes on from its file with single steps as well", async () => {
  const network = await Network.create({ input: 4, layers: [dense(9), batchNorm(), dropout(0.2), dense(3, "softmax")], seed: 3 });
  const trainer = new Trainer(network, { loss: "crossEntropy", schedule: stepDecay({ every: 5, per: "step" }) });
  for (let n = 0; n < 7; n++) trainer.step(data.x, data.y);
  const loaded = await Trainer.load(trainer.save());
  for (const one of [trainer, loaded]) for (let n = 0; n < 7; n++) one.step(data.x, data.y);
  expect(loaded.steps).toBe(14);
  const [a, b] = await filesOf(trainer, loaded);
  expect(b.equals(a)).toBe(true);
});

test("a file that is saved while others train, as in a page, counts the steps that they have done", async () => {
  const [whole, parts] = [await createTrainer(), await createTrainer()];
  await whole.fit(data, fit);
  slowClock();
  // A team that does a job at once, and tells it some turns later.
  const { engine } = parts.network;
  let file: Uint8Array | undefined;
  const team = {
    size: 2, takesPart: false, isReady: true, failure: undefined, assertAlive() {}, settle() {}, end() {},
    async run({ state, records, count, repeats }: Job) {
      const rounds = engine.run(state, records, count, repeats);
      if (engine.heap.d[state / 8 + State.step] === 12) file = parts.save();
      return rounds;
    },
  };
  const own = Object.getOwnPropertyDescriptor(engine, "team")!;
  Object.defineProperty(engine, "team", { value: team as unknown as Team, configurable: true });
  try {
    await parts.fit(data, fit);
  } finally {
    Object.defineProperty(engine, "team", own);
  }
  const loaded = await Trainer.load(file!);
  expect(loaded.steps).toBe(12);
  await loaded.fit(data, { ...fit, resume: true });
  const [a, b, c] = await filesOf(whole, parts, loaded);
  expect(b.equals(a)).toBe(true);
  expect(c.equals(a)).toBe(true);
});
