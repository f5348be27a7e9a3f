import { describe, expect, test } from "vitest";
import { DeltawasmError } from "../src/core/errors";
import { type ActivationName, activationNames, type ActivationOption } from "../src/network/activations";
import type { LayerSpec } from "../src/network/layers";
import { activation } from "../src/network/layers/activation";
import { dense } from "../src/network/layers/dense";
import { Network } from "../src/network/network";
import { createReferenceEngine } from "../src/reference/engine";
import { gradientCheck } from "../src/training/gradientCheck";
import type { LossOption } from "../src/training/losses";
import { Trainer } from "../src/training/trainer";
import { createExact, exactParameters, shiftParameter } from "./support/exact";
import { SeededNumbers } from "./support/numbers";

/**
 * A difference quotient of fourth order with steps of 1e-3 is off by about h⁴ = 1e-12 and, from rounding, 2^-53 / h = 1e-13,
 * each times what higher derivatives and a small gradient make of it; a wrong derivative is off by far more than this.
 */
const RELATIVE = 1e-7;
const INPUTS = 3;
const OUTPUTS = 3;

const withOptions: { [Name in ActivationName]?: ActivationOption } = {
  leakyRelu: { type: "leakyRelu", slope: 0.2 }, elu: { type: "elu", alpha: 0.7 },
};
const losses: [title: string, loss: LossOption, targets: "numbers" | "shares" | "labels" | "distributions"][] = [
  ["squaredError", "squaredError", "numbers"], ["meanSquaredError", "meanSquaredError", "numbers"],
  ["meanAbsoluteError", "meanAbsoluteError", "numbers"], ["huber", { type: "huber", delta: 0.6 }, "numbers"],
  ["binaryCrossEntropy", "binaryCrossEntropy", "shares"], ["crossEntropy by class indices", "crossEntropy", "labels"],
  ["crossEntropy by probabilities", "crossEntropy", "distributions"],
];

function needs(loss: LossOption): ActivationName | undefined {
  return loss === "crossEntropy" ? "softmax" : loss === "binaryCrossEntropy" ? "sigmoid" : undefined;
}

function targetsOf(kind: (typeof losses)[number][2], rows: number, numbers: SeededNumbers): number[] | number[][] {
  if (kind === "labels") return Array.from({ length: rows }, () => numbers.below(OUTPUTS));
  return Array.from({ length: rows }, () => {
    const row = Array.from({ length: OUTPUTS }, () => (kind === "numbers" ? numbers.uniform(-1.5, 1.5) : numbers.uniform(0, 1)));
    if (kind !== "distributions") return row;
    const sum = row.reduce((a, b) => a + b, 0);
    return row.map((share) => share / sum);
  });
}

/** A dense layer with biases that are not zero; its activation an option of it, or a layer of its own. */
function layer(units: number, name: ActivationName, apart: boolean): LayerSpec[] {
  const option = withOptions[name] ?? name;
  const biasInitializer = { type: "uniform", low: -0.5, high: 0.5 } as const;
  return apart ? [dense(units, "linear", { biasInitializer }), activation(option)] : [dense(units, option, { biasInitializer })];
}

describe.each(losses)("under %s", (_title, loss, targets) => {
  const ends = activationNames.filter((name) => (needs(loss) ?? name) === name);

  test.each(activationNames)("every output above %s has the right gradients, and the core the bits of the reference", async (hidden) => {
    for (const [n, end] of ends.entries()) {
      for (const [rows, apart] of [[1, false], [5, true], [2 + (n % 3), n % 2 === 0]] as const) {
        const numbers = new SeededNumbers(100 * rows + n);
        const layers = [...layer(5, hidden, apart), ...layer(OUTPUTS, end, !apart)];
        const spec = { input: INPUTS, layers, seed: 10 * n + rows };
        const x = Array.from({ length: rows }, () => Array.from({ length: INPUTS }, () => numbers.uniform(-1.5, 1.5)));
        const y = targetsOf(targets, rows, numbers) as number[][];
        using core = await Network.create(spec);
        const result = await gradientCheck(core, { x, y, loss, samples: Infinity });
        expect(result.maxRelativeError, `${hidden}, ${end}, ${rows} rows, ${JSON.stringify(result.worst)}`).toBeLessThan(RELATIVE);
        expect(result.checked).toBe(core.inspect().parameters);

        const twin = Network.createOn(createReferenceEngine("float32"), spec);
        const [a, b] = [core, twin].map((network) => new Trainer(network, { loss, optimizer: { type: "sgd", learningRate: 0.1 } }));
        for (let step = 0; step < 3; step++) expect(a.step(x, y)).toBe(b.step(x, y));
        expect(Buffer.compare(core.save(), twin.save())).toBe(0);
      }
    }
  });
});

describe.each(losses.filter(([, loss]) => needs(loss)))("under %s", (_title, loss) => {
  const others = activationNames.filter((name) => name !== needs(loss));

  test.each(others)("a network that ends with %s is a conflict", async (end) => {
    for (const apart of [false, true]) {
      using network = await Network.create({ input: INPUTS, layers: layer(OUTPUTS, end, apart) });
      const conflict = { code: "conflict", message: expect.stringContaining(`this one ends with ${end}`) };
      expect(() => new Trainer(network, { loss })).toThrow(expect.objectContaining(conflict));
      await expect(gradientCheck(network, { x: [[0, 0, 0]], y: [[0, 1, 0]], loss })).rejects.toMatchObject(conflict);
    }
  });
});

test("a softmax over one output does not fit crossEntropy", async () => {
  using network = await Network.create({ input: 2, layers: [dense(1, "softmax")] });
  expect(() => new Trainer(network, { loss: "crossEntropy" })).toThrow(DeltawasmError);
  expect(() => new Trainer(network, { loss: "crossEntropy" })).toThrow(expect.objectContaining({ code: "conflict" }));
});

test("gradientCheck says what an independent difference quotient says", async () => {
  const spec = { input: 3, layers: [dense(4, "gelu"), dense(3, "swish"), dense(2, "softplus")], seed: 5 };
  const x = [[0.3, -1.2, 0.8], [1.1, 0.4, -0.6]];
  const y = [[1, 0.2], [0.5, 2]];
  using network = await Network.create(spec);
  const check = await gradientCheck(network, { x, y, loss: "meanSquaredError", samples: Infinity });

  const start = createExact(spec);
  const parameters = exactParameters(start);
  const trainer = new Trainer(start, { loss: "meanSquaredError" });
  const stepped = createExact(spec);
  // With a rate of 1 plain gradient descent moves each parameter by its gradient.
  new Trainer(stepped, { loss: "meanSquaredError", optimizer: { type: "sgd", learningRate: 1 } }).step(x, y);
  const moved = exactParameters(stepped);
  const lossWith = (name: string, index: number, shift: number) => {
    shiftParameter(start, name, index, shift);
    const { loss } = trainer.gradients(x, y);
    shiftParameter(start, name, index, -shift);
    return loss;
  };
  const h = 1e-5;
  for (const [name, values] of Object.entries(parameters)) {
    values.forEach((value, index) => {
      const analytic = value - moved[name][index];
      const numeric = (lossWith(name, index, h) - lossWith(name, index, -h)) / (2 * h);
      // Of second order: h² = 1e-10 times a third derivative, and 2^-53 / h = 1e-11 from rounding.
      expect(Math.abs(analytic - numeric), `${name}[${index}]`).toBeLessThan(1e-9);
      if (name === check.worst.parameter && index === check.worst.index) {
        expect(Math.abs(check.worst.analytic - analytic)).toBeLessThan(1e-14);
        expect(Math.abs(check.worst.numeric - numeric)).toBeLessThan(1e-9);
      }
    });
  }
});
