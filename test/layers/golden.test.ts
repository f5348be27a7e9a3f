import { describe, expect, test } from "vitest";
import type { LayerSpec } from "../../src/network/layers";
import { Network } from "../../src/network/network";
import { Trainer } from "../../src/training/trainer";
import { createExact, exactParameters } from "../support/exact";
import { type LayerCase, type Layers, readGolden } from "../support/golden";

// The values are PyTorch's, in 64-bit floats. Differences are relative to the largest of the numbers that belong together.

/** Sums are in another order than PyTorch's, and the file has 15 digits. */
const EXACT = 1e-12;
/** PyTorch's own 32-bit runs are up to 5.4e-7 away from its 64-bit ones (float32Deviation in the file). */
const SINGLE = 2e-6;

const { stepRate, cases } = readGolden<Layers>("layers");
const trained = cases.filter(({ loss }) => loss !== null);

/** With their names in front, for the titles of the tests. */
const named = (some: LayerCase[]) => some.map((one) => [one.name, one] as const);

type Numbers = Record<string, ArrayLike<number>>;

/** The tensors that belong together, by name; the scale is the largest number of all of them. */
function expectClose(got: Numbers, expected: Numbers, tolerance: number): void {
  expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort());
  const scale = Math.max(...Object.values(expected).map((values) => Array.from(values).reduce((most, v) => Math.max(most, Math.abs(v)), 0)));
  const errors = Object.entries(expected).map(([name, values]) => {
    expect(got[name], name).toHaveLength(values.length);
    return [name, Math.max(0, ...Array.from(values, (value, n) => Math.abs(got[name][n] - value))) / scale] as const;
  });
  // Not Math.abs(…) < tolerance: what is NaN belongs to them.
  const wrong = errors.filter(([, error]) => !(error <= tolerance)).map(([name, error]) => `${name} is off by ${error.toExponential(1)}`);
  expect(wrong.join(", ")).toBe("");
}

function pick(tensors: Numbers, names: Numbers): Numbers {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => name in names));
}

function dataOf(tensors: Record<string, { data: Float32Array }>): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data]));
}

/** In all the digits that the network's engine has. */
function predict(network: Network, x: number[][]): { outputs: Float64Array } {
  return { outputs: network.predict(x, new Float64Array(x.length * network.outputs)) };
}

function trainerOf(network: Network, { loss }: LayerCase): Trainer {
  return new Trainer(network, { loss: loss!, optimizer: { type: "sgd", learningRate: stepRate } });
}

/** Does a step and gives the gradients that it took, from what it changed: a step's rate is a power of two. */
function gradientsOfStep(
  network: Network, trainer: Trainer, { x, y }: LayerCase, weights?: number[],
): { loss: number; gradients: Numbers } {
  const before = exactParameters(network);
  const loss = trainer.step(x, y!, weights);
  const after = exactParameters(network);
  const gradients = Object.entries(before).map(([name, values]) => [name, Array.from(values, (v, n) => (v - after[name][n]) / stepRate)]);
  return { loss, gradients: Object.fromEntries(gradients) as Numbers };
}

/**
 * The case behind a dense layer that changes nothing: the gradients of its bias and weights tell those by the input. They are Σ dx and
 * Σ dxᵀ·x over the rows.
 */
function behindIdentity(one: LayerCase): LayerCase {
  const { input, layers } = one.spec as { input: number | number[]; layers: (LayerSpec & { from?: number[] })[] };
  const shape = [input].flat();
  const size = shape.reduce((product, n) => product * n, 1);
  const front = [{ type: "dense", units: size }, ...(shape.length === 1 ? [] : [{ type: "reshape", shape }])];
  const moved = layers.map((layer) => (layer.from ? { ...layer, from: layer.from.map((n) => n + front.length) } : layer));
  const rename = <T>(tensors: Record<string, T>): Record<string, T> => Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name.replace(/^\d+/, (index) => String(Number(index) + front.length)), tensor]),
  );
  const sums = (term: (row: number) => number) => one.x.reduce((sum, _, row) => sum + term(row), 0);
  const dx = (row: number, n: number) => one.inputGradient![row * size + n];
  const count = [...Array(size).keys()];
  return {
    ...one,
    spec: { input: size, layers: [...front, ...moved] } as LayerCase["spec"],
    parameters: {
      ...rename(one.parameters),
      "0.weight": { shape: [size, size], data: count.flatMap((o) => count.map((i) => (i === o ? 1 : 0))) },
      "0.bias": { shape: [size], data: count.map(() => 0) },
    },
    gradients: {
      "0.weight": count.flatMap((o) => count.map((i) => sums((row) => dx(row, o) * one.x[row][i]))),
      "0.bias": count.map((o) => sums((row) => dx(row, o))),
    },
  };
}

describe.each(named(cases))("PyTorch gives the same: %s", (_, one) => {
  const { spec, x } = one;
  const shapes = Object.fromEntries(Object.entries(one.parameters).map(([name, { shape }]) => [name, shape]));

  test("names and shapes of parameters, predictions", async () => {
    using network = await Network.create(spec);
    expect(network.inspect().engine).toBe("wasm");
    expect(Object.fromEntries(Object.entries(network.parameters()).map(([name, { shape }]) => [name, shape]))).toEqual(shapes);
    network.setParameters(one.parameters);
    expectClose(predict(network, x), { outputs: one.outputs }, SINGLE);
  });

  test("predictions, in 64-bit floats", () => {
    const network = createExact(spec);
    network.setParameters(one.parameters);
    expectClose(predict(network, x), { outputs: one.outputs }, EXACT);
  });
});

describe.each(named(trained))("PyTorch gives the same: %s", (_, one) => {
  const { spec, x } = one;
  const y = one.y!;

  test("loss and gradients", async () => {
    using network = await Network.create(spec);
    network.setParameters(one.parameters);
    const before = network.parameters();
    const { loss, gradients } = trainerOf(network, one).gradients(x, y);
    expectClose({ loss: [loss] }, { loss: [one.value] }, SINGLE);
    expectClose(dataOf(gradients), one.gradients, SINGLE);
    expect(network.parameters()).toEqual(before);
  });

  test("a step: loss, running statistics, predictions after it", async () => {
    using network = await Network.create(spec);
    network.setParameters(one.parameters);
    const loss = trainerOf(network, one).step(x, y);
    expectClose({ loss: [loss] }, { loss: [one.value] }, SINGLE);
    expectClose(pick(dataOf(network.parameters()), one.statistics), one.statistics, SINGLE);
    expectClose(predict(network, x), { outputs: one.outputsAfter }, SINGLE);
  });

  test("a step, in 64-bit floats", () => {
    const network = createExact(spec);
    network.setParameters(one.parameters);
    const { loss, gradients } = gradientsOfStep(network, trainerOf(network, one), one);
    expectClose({ loss: [loss] }, { loss: [one.value] }, EXACT);
    expectClose(pick(gradients, one.gradients), one.gradients, EXACT);
    expectClose(pick(exactParameters(network), one.statistics), one.statistics, EXACT);
    expectClose(predict(network, x), { outputs: one.outputsAfter }, EXACT);
  });
});

describe.each(named(trained.filter(({ weights }) => weights)))("PyTorch gives the same with weights of the rows: %s", (_, one) => {
  test("in the core", async () => {
    using network = await Network.create(one.spec);
    network.setParameters(one.parameters);
    const { loss, gradients } = trainerOf(network, one).gradients(one.x, one.y!, one.weights);
    expectClose({ loss: [loss] }, { loss: [one.weightedValue] }, SINGLE);
    expectClose(dataOf(gradients), one.weightedGradients, SINGLE);
  });

  test("in 64-bit floats", () => {
    const network = createExact(one.spec);
    network.setParameters(one.parameters);
    const { loss, gradients } = gradientsOfStep(network, trainerOf(network, one), one, one.weights);
    expectClose({ loss: [loss] }, { loss: [one.weightedValue] }, EXACT);
    expectClose(pick(gradients, one.weightedGradients), one.weightedGradients, EXACT);
  });
});

describe.each(named(trained.filter(({ inputGradient }) => inputGradient)))("PyTorch gives the same gradient by the input: %s", (_, one) => {
  const front = behindIdentity(one);

  test("in the core", async () => {
    using network = await Network.create(front.spec);
    network.setParameters(front.parameters);
    const { gradients } = trainerOf(network, front).gradients(one.x, one.y!);
    expectClose(pick(dataOf(gradients), front.gradients), front.gradients, SINGLE);
  });

  test("in 64-bit floats", () => {
    const network = createExact(front.spec);
    network.setParameters(front.parameters);
    const { gradients } = gradientsOfStep(network, trainerOf(network, front), front);
    expectClose(pick(gradients, front.gradients), front.gradients, EXACT);
  });
});

describe.each(named(trained.filter(({ trajectory }) => trajectory)))("PyTorch goes the same way: %s", (_, one) => {
  const { optimizer, l2, steps } = one.trajectory!;

  function train(network: Network): { losses: number[] } {
    network.setParameters(one.parameters);
    const trainer = new Trainer(network, { loss: one.loss!, optimizer, l2 });
    return { losses: Array.from({ length: steps }, () => trainer.step(one.x, one.y!)) };
  }

  test("in the core", async () => {
    using network = await Network.create(one.spec);
    expectClose(train(network), { losses: one.losses }, SINGLE);
    expectClose(dataOf(network.parameters()), one.finalParameters, SINGLE);
  });

  test("in 64-bit floats", () => {
    const network = createExact(one.spec);
    expectClose(train(network), { losses: one.losses }, EXACT);
    expectClose(exactParameters(network), one.finalParameters, EXACT);
  });
});
