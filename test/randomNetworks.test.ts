import { describe, expect, test, vi } from "vitest";
import { SHARED } from "../assembly/records";
import {
  adagrad, adam, adamW, type AugmentOptions, type Data, DeltawasmError, type FitOptions, gradientCheck, init, type LayerSpec, type LossOption, momentum, nesterov,
  Network, rmsprop, type ScheduleOption, sgd, Trainer, type TrainerOptions,
} from "../src/index";
import { createReferenceEngine } from "../src/reference/engine";
import { SeededNumbers } from "./support/numbers";
import { randomSpec } from "./support/randomSpecs";
import { alwaysTogether, networkOn } from "./support/team";

// Networks of all kinds of layers, trained with any options.

// Every record that can be divided among threads is, however small.
vi.mock("../src/plan/record", async (original) => ({
  ...await original<typeof import("../src/plan/record")>(),
  shared: (_work: number, words: Int32Array) => {
    words[SHARED] = 1;
    return words;
  },
}));

const SCHEDULES: ScheduleOption[] = [
  { type: "exponentialDecay", factor: 0.9 }, { type: "warmUp", steps: 3 }, { type: "cosineDecay", period: 5, per: "step" },
];

function lossFor(n: SeededNumbers, last: string | undefined): LossOption {
  if (last === "softmax" && n.below(3)) return { type: "crossEntropy", labelSmoothing: n.pick([0, 0.1]) };
  if (last === "sigmoid" && n.below(3)) return { type: "binaryCrossEntropy", labelSmoothing: n.pick([0, 0.2]) };
  return n.pick<LossOption>(["meanSquaredError", "squaredError", { type: "huber", delta: 0.5 }]);
}

const lastOf = ({ spec }: Network) => (spec.layers.at(-1) as { activation?: string }).activation;

function optionsFor(n: SeededNumbers, network: Network): TrainerOptions {
  const maybe = <T>(name: string, value: T) => (n.below(3) === 0 ? { [name]: value } : {});
  return {
    loss: lossFor(n, lastOf(network)), optimizer: n.pick([sgd, momentum, nesterov, rmsprop, adagrad, adam, adamW])({ learningRate: n.pick([0.01, 0.003]) }),
    ...maybe("l1", 0.001), ...maybe("l2", 0.01), ...maybe("clipValue", 0.1), ...maybe("clipNorm", 0.5), ...maybe("maxNorm", 1),
    ...maybe("schedule", n.pick(SCHEDULES)), ...maybe("freeze", [n.below(network.spec.layers.length - 1)]),
  };
}

function dataFor(n: SeededNumbers, { inputs, outputs, graph: { indexLimit } }: Network, rows: number, areLabels = false): Data {
  const x = Float32Array.from({ length: rows * inputs }, () => (indexLimit ? n.below(indexLimit) : n.pick([0, n.uniform(-2, 2), n.uniform(-2, 2)])));
  const classes = Array.from({ length: rows }, () => n.below(outputs));
  return { x, y: areLabels ? classes : classes.map((one) => Array.from({ length: outputs }, (_, c) => (c === one ? 1 : 0))) };
}

/** Images augmented at random, where a row's numbers may be pixels. */
function augmentFor(n: SeededNumbers, { graph: { indexLimit, inputShape } }: Network): FitOptions {
  if (indexLimit !== undefined || n.below(2) === 0) return {};
  const some = (name: keyof AugmentOptions, value: unknown) => (n.below(2) === 0 ? { [name]: value } : {});
  const shape = [...Array<number>(3 - inputShape.length).fill(1), ...inputShape];
  return {
    augment: {
      shape, ...some("shift", n.uniform(0, 1)), ...some("rotate", n.uniform(0, 180)), ...some("scale", 0.3), ...some("shear", n.uniform(0, 60)),
      ...some("elastic", { alpha: n.uniform(0, 20), sigma: n.uniform(0.5, 6) }), ...some("noise", 0.1), ...some("flip", n.pick(["horizontal", "vertical", "both"])),
      ...some("fill", -1),
    },
  };
}

/** A training with random options, and all that can be done with a network beside it; an error is a result as well. */
async function course(network: Network, seed: number): Promise<unknown[]> {
  const n = new SeededNumbers(seed);
  const options = optionsFor(n, network), rows = n.pick([1, 3, 7, 13]);
  const data = dataFor(n, network, rows, (options.loss as { type?: string }).type === "crossEntropy" && n.below(2) === 0);
  const weights = n.below(3) === 0 ? Array.from({ length: rows }, (_, row) => (row === 0 ? 1 : n.pick([0, 1, 2.5]))) : undefined;
  const fit: FitOptions = { epochs: 2, batchSize: n.pick([1, 2, 5, 64]), ...(n.below(3) === 0 ? { accumulate: 2 } : {}), ...augmentFor(n, network) };
  const results: unknown[] = [options];
  const attempt = async (what: () => unknown) => {
    try {
      results.push(await what());
    } catch (error) {
      if (!(error instanceof DeltawasmError)) throw error;
      results.push(error.message);
    }
  };
  const x = data.x as Float32Array, y = data.y as number[], weighted = { ...data, ...(weights ? { weights } : {}) };
  using trainer = new Trainer(network, options);
  await attempt(() => trainer.gradients(x, y, weights));
  await attempt(() => trainer.fit(weighted, fit).then(({ epochs }) => epochs.map(({ loss }) => loss)));
  await attempt(() => trainer.evaluate(weighted));
  await attempt(() => trainer.step(x, y, weights));
  await attempt(() => trainer.fit(weighted, { ...fit, batchSize: 3 }).then(({ epochs }) => epochs.map(({ loss }) => loss)));
  results.push(network.parameters());
  // Single rows, then more than a plan has room for, then few again.
  const { inputs, outputs } = network;
  const single = Array.from({ length: rows }, (_, row) => [...network.predict(x.subarray(row * inputs, (row + 1) * inputs))]).flat();
  expect([...network.predict(x)]).toEqual(single);
  const many = dataFor(n, network, 150).x as Float32Array, all = network.predict(many);
  expect(network.predict(many.subarray(147 * inputs))).toEqual(all.subarray(147 * outputs));
  return [...results, single, all.subarray(0, 10 * outputs)];
}

/** The course of network number `seed`, made by `make`. */
async function courseOf(seed: number, make: (spec: ReturnType<typeof randomSpec>) => Network | Promise<Network>): Promise<unknown> {
  using network = await make(randomSpec(new SeededNumbers(seed), { depth: 6 }));
  return await course(network, seed);
}

describe("networks of all kinds of layers", () => {
  test("train to the same bits on the core and on the reference engine, and give all memory back", async () => {
    await init();
    using bystander = await Network.create({ input: 1, layers: [{ type: "dense", units: 1 }] });
    const before = bystander.inspect();
    const seen = new Set<string>();
    const see = (layers: readonly LayerSpec[]): void => layers.forEach((layer) => {
      seen.add(layer.type);
      if (layer.type === "residual") see(layer.layers);
    });
    for (let seed = 1; seed <= 70; seed++) {
      see(randomSpec(new SeededNumbers(seed), { depth: 6 }).layers);
      const expected = await courseOf(seed, (spec) => Network.createOn(createReferenceEngine("float32"), spec));
      expect(await courseOf(seed, Network.create), `network ${seed}`).toEqual(expected);
      expect(bystander.inspect().core.used).toBe(before.core.used);
    }
    expect([...seen].sort()).toEqual([
      "activation", "add", "alphaDropout", "avgPool2d", "batchNorm", "concat", "conv2d", "dense", "depthwiseConv2d", "dropout", "embedding", "flatten",
      "gaussianNoise", "globalAvgPool2d", "layerNorm", "maxPool2d", "maxout", "prelu", "reshape", "residual",
    ]);
  });

  test("and on three threads", async () => {
    const keeper = await networkOn(3, { input: 1, layers: [{ type: "dense", units: 1 }] });
    const count = alwaysTogether();
    for (let seed = 1; seed <= 10; seed++) {
      const expected = await courseOf(seed, (spec) => Network.createOn(createReferenceEngine("float32"), spec));
      expect(await courseOf(seed, Network.create), `network ${seed}`).toEqual(expected);
    }
    expect(count.jobs).toBeGreaterThan(100);
    keeper.dispose();
    vi.restoreAllMocks();
    await init();
  });

  test("have the gradients of difference quotients, and frozen layers change none of the others'", async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const n = new SeededNumbers(seed);
      using network = await Network.create(randomSpec(n, { smooth: true, most: 120, depth: 6 }));
      const loss = lossFor(n, lastOf(network)), { x, y } = dataFor(n, network, n.pick([2, 3, 5]));
      const check = await gradientCheck(network, { x, y, loss, samples: 6 });
      expect(check.maxRelativeError, `network ${seed}: ${JSON.stringify(check.worst)}`).toBeLessThan(1e-6);

      // But for normalisations, which work in another way when they are frozen.
      const freeze = network.spec.layers.flatMap((layer, k) => (n.below(2) && !JSON.stringify(layer).includes("batchNorm") && k < network.spec.layers.length - 1 ? [k] : []));
      using all = new Trainer(network, { loss }), some = new Trainer(network, { loss, freeze });
      const { gradients } = all.gradients(x, y), trained = some.gradients(x, y).gradients;
      for (const { layer, parameters } of network.graph.nodes) {
        if (freeze.includes(layer)) continue;
        for (const { name, role } of parameters) if (role !== "buffer") expect(trained[name], `network ${seed}, ${freeze.join()}: ${name}`).toEqual(gradients[name]);
      }
    }
  });
});
