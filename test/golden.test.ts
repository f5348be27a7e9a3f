import { describe, expect, test } from "vitest";
import { dense } from "../src/network/layers/dense";
import { Network } from "../src/network/network";
import type { LossOption } from "../src/training/losses";
import { Trainer } from "../src/training/trainer";
import { createExact, exactParameters, largestDifference } from "./support/exact";
import { flat, type LossCase, type Losses, readGolden, type Task, type Tensors, type Trajectory } from "./support/golden";

// The values are PyTorch's, in 64-bit floats.

/** Sums are in another order than PyTorch's, which moves the last of 16 digits; 50 steps carry that on. */
const EXACT = 1e-12;
/** PyTorch's own 32-bit runs are up to 1.1e-6 away from its 64-bit ones (float32Deviation in the files). */
const SINGLE = 5e-6;

/** Runs a trajectory; the losses before each update. */
function train(network: Network, task: Task, { optimizer, l1, l2, clipValue, clipNorm }: Trajectory): number[] {
  network.setParameters(flat(task.initialWeights));
  const clipping = { ...(clipValue !== null && { clipValue }), ...(clipNorm !== null && { clipNorm }) };
  const trainer = new Trainer(network, { loss: task.loss, optimizer, l1, l2, ...clipping });
  let from = 0;
  return Array.from({ length: task.steps }, () => {
    const to = Math.min(from + task.batchSize, task.x.length);
    const loss = trainer.step(task.x.slice(from, to), task.y.slice(from, to) as number[]);
    from = to === task.x.length ? 0 : to;
    return loss;
  });
}

function expectClose(got: Record<string, ArrayLike<number>>, expected: Tensors, tolerance: number): void {
  expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, values] of Object.entries(expected)) {
    expect(largestDifference(got[name], values.flat()), name).toBeLessThan(tolerance);
  }
}

function dataOf(tensors: Record<string, { data: Float32Array }>): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data]));
}

describe.each(["optimizers", "deep"])("50 steps are PyTorch's (%s.json):", (file) => {
  const task = readGolden<Task>(file);
  const spec = { input: task.input, layers: task.layers.map(({ units, activation }) => dense(units, activation)) };

  test.each(task.entries)("$name, in 64-bit floats", (entry) => {
    const network = createExact(spec);
    const losses = train(network, task, entry);
    expect(largestDifference(losses, entry.losses)).toBeLessThan(EXACT);
    expectClose(exactParameters(network), entry.finalWeights, EXACT);
  });

  test.each(task.entries)("$name, in the core", async (entry) => {
    using network = await Network.create(spec);
    expect(network.inspect().engine).toBe("wasm");
    const losses = train(network, task, entry);
    expect(largestDifference(losses, entry.losses)).toBeLessThan(SINGLE);
    expectClose(dataOf(network.parameters()), entry.finalWeights, SINGLE);
  });
});

describe("value and gradients of a loss are PyTorch's:", () => {
  const file = readGolden<Losses>("losses");
  const hidden = dense(file.hidden.units, file.hidden.activation);
  const identity = dense(file.input);

  function options({ loss, parameter }: LossCase): LossOption {
    return loss === "huber" ? { type: "huber", delta: parameter! } : loss;
  }

  /** A first layer that changes nothing: the gradient of its bias is that of the inputs, summed over the rows. */
  function withIdentity({ weights }: LossCase): Record<string, { data: number[] }> {
    const eye = Array.from({ length: file.input ** 2 }, (_, n) => (n % (file.input + 1) === 0 ? 1 : 0));
    const moved = Object.entries(flat(weights)).map(([name, tensor]) => [`${Number(name[0]) + 1}${name.slice(1)}`, tensor]);
    return { "0.weight": { data: eye }, "0.bias": { data: new Array<number>(file.input).fill(0) }, ...Object.fromEntries(moved) };
  }

  function expectedGradients({ gradients, inputGradient }: LossCase): Tensors {
    const moved = Object.entries(gradients).map(([name, values]) => [`${Number(name[0]) + 1}${name.slice(1)}`, values]);
    const ofInputs = inputGradient[0].map((_, c) => inputGradient.reduce((sum, row) => sum + row[c], 0));
    return { "0.bias": ofInputs, ...Object.fromEntries(moved) };
  }

  const layers = (one: LossCase) => [identity, hidden, dense(file.outputs, one.activation)];
  const isSteep = ({ name }: LossCase) => name.endsWith("steep");

  test.each(file.cases)("$name, in 64-bit floats", (one) => {
    const network = createExact({ input: file.input, layers: layers(one) });
    network.setParameters(withIdentity(one));
    const before = exactParameters(network);
    // With a rate of 1 plain gradient descent moves each parameter by its gradient.
    const trainer = new Trainer(network, { loss: options(one), optimizer: { type: "sgd", learningRate: 1 } });
    // The steep ones have losses of 80 and weights of 100.
    const tolerance = isSteep(one) ? 100 * EXACT : EXACT;
    expect(Math.abs(trainer.step(one.x, one.y) - one.value)).toBeLessThan(tolerance);
    const after = exactParameters(network);
    const { "0.weight": _, ...moved } = Object.fromEntries(
      Object.entries(before).map(([name, values]) => [name, values.map((value, n) => value - after[name][n])]),
    );
    expectClose(moved, expectedGradients(one), tolerance);
  });

  test.each(file.cases)("$name, in the core", async (one) => {
    using network = await Network.create({ input: file.input, layers: layers(one) });
    network.setParameters(withIdentity(one));
    const trainer = new Trainer(network, { loss: options(one) });
    const { loss, gradients } = trainer.gradients(one.x, one.y);
    // PyTorch's 32-bit run is up to 1.1e-5 away for the steep ones, 4e-7 otherwise.
    const tolerance = isSteep(one) ? 5e-5 : 2e-6;
    expect(Math.abs(loss - one.value)).toBeLessThan(tolerance);
    const { "0.weight": _, ...rest } = dataOf(gradients);
    expectClose(rest, expectedGradients(one), tolerance);
    expect(largestDifference(network.predict(one.x), one.outputs.flat())).toBeLessThan(tolerance);
  });
});
