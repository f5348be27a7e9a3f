import { afterEach, describe, expect, test, vi } from "vitest";
import {
  adam, augmentImages, type AugmentOptions, conv2d, dense, embedding, flatten, type FitOptions, init, memoryNeeded, Network, type NetworkSpec,
  sgd, Trainer, type TrainerOptions,
} from "../src/index";
import { Diagnosis } from "../src/diagnosis";
import { digests } from "./support/course";
import { SeededNumbers } from "./support/numbers";

const SHAPE = [2, 6, 7];
const SIZE = 84;
const numbers = new SeededNumbers(11);
const ROWS = 23;
const data = { x: numbers.array(ROWS * SIZE), y: Array.from({ length: ROWS }, (_, row) => row % 3) };
const rowsOf = (from: number, to: number) => data.x.slice(from * SIZE, to * SIZE);

const all: AugmentOptions = {
  shift: 0.1, rotate: 20, scale: 0.2, shear: 10, elastic: { alpha: 5, sigma: 1.5 }, noise: 0.05, flip: "both", fill: -0.5,
};
const kinds: [name: string, options: AugmentOptions][] = [["all of it", all], ["noise alone", { noise: 0.2 }], ["flips alone", { flip: "horizontal" }]];
const specs: Record<string, NetworkSpec> = {
  dense: { input: SIZE, layers: [dense(9, "relu"), dense(3, "softmax")], seed: 5 },
  convolutional: { input: SHAPE, layers: [conv2d(4, 3, "relu"), flatten(), dense(3, "softmax")], seed: 2 ** 40 + 7 },
};
const shapeOf = ({ input }: NetworkSpec) => (typeof input === "number" ? { shape: SHAPE } : {});

async function createTrainer(spec: NetworkSpec = specs.dense, options: Partial<TrainerOptions> = {}): Promise<Trainer> {
  return new Trainer(await Network.create(spec), { loss: "crossEntropy", optimizer: adam({ learningRate: 0.02 }), ...options });
}

function parametersOf({ network }: Trainer): Record<string, string> {
  const found = digests(network.parameters());
  network.dispose();
  return found;
}

/** What `fit` does in one epoch of the rows in their order, step by step on images that augmentImages has made. */
async function stepOnImages(trainer: Trainer, augment: AugmentOptions, seed: number, batchSize: number): Promise<Record<string, string>> {
  for (let from = 0, step = 0; from < ROWS; from += batchSize, step++) {
    const to = Math.min(ROWS, from + batchSize);
    trainer.step(await augmentImages(rowsOf(from, to), { ...augment, shape: SHAPE }, { seed, step }), data.y.slice(from, to));
  }
  return parametersOf(trainer);
}

afterEach(async () => {
  vi.restoreAllMocks();
  await init();
});

describe("fit with augment", () => {
  const cases = kinds.flatMap(([name, augment]) => Object.entries(specs).map(([kind, spec]) => ({ name, augment, kind, spec })));
  test.each(cases)("learns from the images that augmentImages shows: $name, $kind network", async ({ augment, spec }) => {
    const trainer = await createTrainer(spec);
    const x = data.x.slice();
    await trainer.fit({ ...data, x }, { epochs: 1, batchSize: 8, shuffle: false, augment: { ...augment, ...shapeOf(spec) } });
    expect(x).toEqual(data.x);
    expect(parametersOf(trainer)).toEqual(await stepOnImages(await createTrainer(spec), augment, spec.seed!, 8));
  });

  test("does so row by row in a network that has one operation for a whole step", async () => {
    const input = [1, 3, 4], spec = { input, layers: [dense(4, "tanh"), dense(2)], seed: 3 }, x = data.x.slice(0, 12 * 12), y = data.x.slice(0, 24);
    const options = { loss: "squaredError", optimizer: sgd() } as const;
    const [fitted, stepped, plain] = await Promise.all([1, 2, 3].map(() => createTrainer({ ...spec, layers: [flatten(), ...spec.layers] }, options)));
    const fit = { epochs: 1, batchSize: 1, shuffle: false };
    await plain.fit({ x, y }, fit);
    await fitted.fit({ x, y }, { ...fit, augment: all });
    for (let row = 0; row < 12; row++) {
      const image = await augmentImages(x.slice(row * 12, row * 12 + 12), { ...all, shape: input }, { seed: 3, step: row });
      stepped.step(image, y.slice(row * 2, row * 2 + 2));
    }
    const found = parametersOf(fitted);
    expect(found).toEqual(parametersOf(stepped));
    expect(found).not.toEqual(parametersOf(plain));
  });

  test("shows each epoch, and each row of a batch, other images", async () => {
    const image = rowsOf(0, 1), twice = new Float32Array([...image, ...image]);
    const [first, second] = await Promise.all([0, 1].map((step) => augmentImages(twice, { ...all, shape: SHAPE }, { seed: 5, step })));
    const images = [first.slice(0, SIZE), first.slice(SIZE), second.slice(0, SIZE), second.slice(SIZE)].map(String);
    expect(new Set(images).size).toBe(4);
    expect(await augmentImages(twice, { ...all, shape: SHAPE }, { seed: 5 })).toEqual(first);
    expect(await augmentImages(twice, { ...all, shape: SHAPE }, { seed: 6 })).not.toEqual(first);
  });

  test("gives the same bits on the reference engine", async () => {
    const course = async () => {
      const trainer = await createTrainer(specs.convolutional);
      await trainer.fit(data, { epochs: 2, batchSize: 8, augment: all });
      return parametersOf(trainer);
    };
    const core = await course();
    await init({ engine: "reference" });
    expect(await course()).toEqual(core);
  });

  test("takes validation, evaluate, predict and step as they are", async () => {
    const augment = { ...all, shape: SHAPE, noise: 3 };
    const [trainer, other] = [await createTrainer(), await createTrainer()];
    const { epochs } = await trainer.fit(data, { epochs: 1, batchSize: ROWS, augment, validation: data });
    other.network.setParameters(trainer.network.parameters());
    const { validation } = (await other.fit(data, { epochs: 1, batchSize: ROWS, validation: data })).epochs[0];
    other.network.setParameters(trainer.network.parameters());
    expect(validation).toBeDefined();
    expect(epochs[0].validation).toEqual(await other.evaluate(data));
    expect(await trainer.evaluate(data)).toEqual(await other.evaluate(data));
    expect(trainer.network.predict(data.x)).toEqual(other.network.predict(data.x));
    // Loss and gradients by the plan that has the augmentation, and by one without.
    expect(trainer.gradients(data.x, data.y)).toEqual(other.gradients(data.x, data.y));
    expect(trainer.step(data.x, data.y)).toBe(other.step(data.x, data.y));
    trainer.network.dispose();
    other.network.dispose();
  });

  test("is what the call says: another after the first, then none", async () => {
    const fit: FitOptions = { epochs: 1, batchSize: 8, shuffle: false };
    const turns: (AugmentOptions | undefined)[] = [{ ...all, shape: SHAPE }, { rotate: 5, shape: SHAPE }, undefined, { rotate: 5, shape: SHAPE }];
    const one = await createTrainer();
    const other = await createTrainer();
    for (const [turn, augment] of turns.entries()) {
      await one.fit(data, augment ? { ...fit, augment } : fit);
      for (let from = 0, step = turn * 3; from < ROWS; from += 8, step++) {
        const rows = rowsOf(from, from + 8);
        other.step(augment ? await augmentImages(rows, augment, { seed: 5, step }) : rows, data.y.slice(from, from + 8));
      }
      expect(digests(one.network.parameters())).toEqual(digests(other.network.parameters()));
    }
    one.network.dispose();
    other.network.dispose();
  });

  test("gives the same bits where the training is looked into, and where it is evaluated between two epochs", async () => {
    const fit: FitOptions = { epochs: 2, batchSize: 8, augment: { ...all, shape: SHAPE } };
    const [alone, seen, other] = [await createTrainer(), await createTrainer(), await createTrainer()];
    await alone.fit(data, fit);
    const diagnosis = new Diagnosis({ every: 1 });
    await seen.fit(data, { ...fit, diagnosis });
    expect(diagnosis.record.samples.length).toBeGreaterThan(5);
    expect(parametersOf(seen)).toEqual(digests(alone.network.parameters()));
    for await (const _ of other.epochs(data, fit)) await other.evaluate(data);
    expect(parametersOf(other)).toEqual(parametersOf(alone));
  });

  test("that does nothing has the bits of one without", async () => {
    const [trainer, plain] = [await createTrainer(), await createTrainer()];
    await trainer.fit(data, { epochs: 2, augment: { shift: 0, rotate: 0, noise: 0, elastic: { alpha: 0, sigma: 4 }, fill: 9, shape: SHAPE } });
    await plain.fit(data, { epochs: 2 });
    expect(parametersOf(trainer)).toEqual(parametersOf(plain));
  });

  test.each([1, 3])("goes on from a file to the bits of one that was not stopped, with %d batches an update", async (accumulate) => {
    const fit: FitOptions = { epochs: 3, batchSize: 4, accumulate, augment: { ...all, shape: SHAPE } };
    const [whole, part] = [await createTrainer(), await createTrainer()];
    await whole.fit(data, fit);
    // Slices of one update each, between which the host has its turn.
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now += 20);
    const controller = new AbortController();
    const onProgress = ({ epoch, step }: { epoch: number; step: number }) => { if (epoch === 2 && step === 3) controller.abort(); };
    expect((await part.fit(data, { ...fit, signal: controller.signal, onProgress })).stopped).toBe("aborted");
    vi.restoreAllMocks();
    const loaded = await Trainer.load(part.save());
    part.network.dispose();
    await loaded.fit(data, { ...fit, resume: true });
    const [expected, found] = [whole, loaded].map((trainer) => Buffer.from(trainer.save()));
    expect(found.equals(expected)).toBe(true);
    whole.network.dispose();
    loaded.network.dispose();
  });

  test("takes as much memory as memoryNeeded says", async () => {
    const augment = { ...all, shape: SHAPE }, options = { loss: "crossEntropy", optimizer: "adam" } as const;
    const needed = memoryNeeded(specs.dense, { ...options, rows: ROWS, batchSize: 8, augment });
    expect(needed.plan).toBeGreaterThan(memoryNeeded(specs.dense, { ...options, rows: ROWS, batchSize: 8 }).plan);
    const trainer = await createTrainer(specs.dense, options);
    let during = 0;
    await trainer.fit(data, { epochs: 1, batchSize: 8, augment, onProgress: () => { during = trainer.network.inspect().memory; } });
    trainer.network.dispose();
    expect(during - needed.core).toBeGreaterThanOrEqual(0);
    // Each of the four blocks ends at a whole cache line.
    expect(during - needed.core).toBeLessThan(4 * 64);
  });
});

describe("augment is refused", () => {
  const image = { input: SHAPE, layers: [flatten(), dense(3, "softmax")] };
  const rows: [what: string, spec: NetworkSpec, augment: unknown, code: string, says: RegExp][] = [
    ["as a number", image, 3, "type", /^options\.augment: expected an object, got 3/],
    ["as null", image, null, "type", /^options\.augment: expected an object, got null/],
    ["with a misspelt option", image, { rotation: 3 }, "unknown", /^options\.augment\.rotation: no such option; there are shape, shift/],
    ["with a shift of pixels", image, { shift: 2 }, "range", /^options\.augment\.shift: .* at least 0 and at most 1, got 2/],
    ["with a shift for each axis", image, { shift: [0.1, 0.1] }, "type", /^options\.augment\.shift: .* got an array of 2/],
    ["with more than half a turn", image, { rotate: 181 }, "range", /^options\.augment\.rotate: .* at most 180, got 181/],
    ["with a negative rotation", image, { rotate: -5 }, "range", /^options\.augment\.rotate: .* got -5/],
    ["with rotate NaN", image, { rotate: NaN }, "range", /^options\.augment\.rotate: .* got NaN/],
    ["with a scale of 1", image, { scale: 1 }, "range", /^options\.augment\.scale: .* less than 1, got 1/],
    ["with a right angle of shear", image, { shear: 90 }, "range", /^options\.augment\.shear: .* less than 90, got 90/],
    ["with negative noise", image, { noise: -1 }, "range", /^options\.augment\.noise: .* got -1/],
    ["with noise null", image, { noise: null }, "type", /^options\.augment\.noise: .* got null/],
    ["with an unknown flip", image, { flip: "left" }, "unknown", /^options\.augment\.flip: expected one of horizontal, vertical, both, got "left"/],
    ["with flip true", image, { flip: true }, "type", /^options\.augment\.flip: .* got true/],
    ["with an infinite fill", image, { fill: Infinity }, "range", /^options\.augment\.fill: .* got Infinity/],
    ["with an elastic number", image, { elastic: 3 }, "type", /^options\.augment\.elastic: expected an object, got 3/],
    ["with an elastic alpha alone", image, { elastic: { alpha: 3 } }, "type", /^options\.augment\.elastic\.sigma: .* got undefined/],
    ["with a sigma of nearly nothing", image, { elastic: { alpha: 3, sigma: 0.1 } }, "range", /^options\.augment\.elastic\.sigma: .* at least 0\.5/],
    ["with a negative alpha", image, { elastic: { alpha: -3, sigma: 1 } }, "range", /^options\.augment\.elastic\.alpha: .* got -3/],
    ["where the network takes plain numbers", specs.dense, { rotate: 5 }, "shape", /^options\.augment: .* takes \[84\]; say how its 84 numbers make an image: shape: \[channels, height, width\]/],
    ["with a shape of two sizes", specs.dense, { rotate: 5, shape: [7, 12] }, "shape", /^options\.augment\.shape: expected \[channels, height, width\], got \[7, 12\]/],
    ["with a shape of other numbers", specs.dense, { rotate: 5, shape: [1, 28, 28] }, "shape", /^options\.augment\.shape: expected an image of 84 numbers, .* got \[1, 28, 28\]/],
    ["with a shape that is text", specs.dense, { shape: "1x28x28" }, "type", /^options\.augment\.shape: /],
    ["with half a pixel", specs.dense, { shape: [1, 0.5, 168] }, "range", /^options\.augment\.shape: /],
    ["with another shape than the network's", image, { rotate: 5, shape: [1, 12, 7] }, "shape", /^options\.augment\.shape: expected \[2, 6, 7\], the network's input, or nothing, got \[1, 12, 7\]/],
    [
      "where the network takes indices", { input: SIZE, layers: [embedding(5, 2), flatten(), dense(3, "softmax")] }, { rotate: 5, shape: SHAPE },
      "conflict", /^options\.augment: the network takes indices/,
    ],
  ];
  test.each(rows)("%s, and the network stays as it is", async (_what, spec, augment, code, says) => {
    const trainer = await createTrainer({ ...spec, seed: 1 });
    const before = digests(trainer.network.parameters());
    const error: unknown = await trainer.fit(data, { augment: augment as AugmentOptions }).then(() => "fit took it", (reason: unknown) => reason);
    expect(error).toMatchObject({ code, message: expect.stringMatching(says) });
    expect(trainer.steps).toBe(0);
    expect(parametersOf(trainer)).toEqual(before);
  });

  const calls: [what: string, call: () => Promise<unknown>, code: string, says: RegExp][] = [
    ["no options", () => augmentImages(data.x, undefined as never), "type", /^augment\.shape: /],
    ["no shape", () => augmentImages(data.x, { rotate: 3 }), "type", /^augment\.shape: /],
    ["a flat shape", () => augmentImages(data.x, { shape: [84], rotate: 3 }), "shape", /^augment\.shape: expected \[channels, height, width\], got \[84\]/],
    ["half an image", () => augmentImages(data.x.slice(0, 100), { shape: SHAPE }), "shape", /^x: expected rows of 84 numbers, got 100/],
    ["no image", () => augmentImages([], { shape: SHAPE }), "empty", /^x: /],
    ["a pixel that is NaN", () => augmentImages([Array<number>(SIZE).fill(NaN)], { shape: SHAPE }), "nonFinite", /^x: row 0, column 0/],
    ["a negative seed", () => augmentImages(data.x, { shape: SHAPE }, { seed: -1 }), "range", /^options\.seed/],
    ["half a step", () => augmentImages(data.x, { shape: SHAPE }, { step: 0.5 }), "range", /^options\.step/],
    ["an unknown option", () => augmentImages(data.x, { shape: SHAPE }, { epoch: 1 } as never), "unknown", /^options\.epoch/],
  ];
  test.each(calls)("by augmentImages: %s, and no memory is lost", async (_what, call, code, says) => {
    using witness = await Network.create({ input: 1, layers: [dense(1)] });
    const { used } = witness.inspect().core;
    await expect(call()).rejects.toMatchObject({ code, message: expect.stringMatching(says) });
    expect(witness.inspect().core.used).toBe(used);
  });
});
