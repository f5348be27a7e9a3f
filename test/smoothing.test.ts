import { afterAll, describe, expect, test } from "vitest";
import { Loss, LossKind, MeanLoss, Op, RECORD_WORDS, State, STATE_LENGTH, SumWeights } from "../assembly/records";
import { coreBytes } from "../src/core/coreBytes";
import type { Engine } from "../src/core/engine";
import { createWasmEngine } from "../src/core/wasmEngine";
import { activation, dense, gradientCheck, init, type LossOption, Network, sgd, Trainer } from "../src/index";
import { writeRecords } from "../src/plan/builder";
import { record } from "../src/plan/record";
import { createReferenceEngine } from "../src/reference/engine";
import { largestDifference } from "./support/exact";
import { readGolden } from "./support/golden";
import { SeededNumbers } from "./support/numbers";
import { refused } from "./support/refusals";

afterAll(() => init());

interface Case {
  name: string;
  loss: "crossEntropy" | "binaryCrossEntropy";
  labelSmoothing: number;
  classWeights: number[] | null;
  z: number[][];
  y: number[] | number[][];
  value: number;
  gradient: number[][];
}

const cases = readGolden<Case[]>("smoothing");

/** The records of a loss on an engine: its mean, and the gradient by z. */
function lossOf(engine: Engine, { loss, labelSmoothing, classWeights, z, y }: Case): { value: number; gradient: number[] } {
  const { heap } = engine;
  const [rows, cols] = [z.length, z[0].length], ld = 8, areLabels = typeof y[0] === "number";
  const [state, a, da, target, rowLoss, parameter, weights] = [STATE_LENGTH * 2, rows * ld, rows * ld, rows * ld, rows, 2, rows]
    .map((words) => heap.allocate(words * 4));
  const write = (address: number, values: number[][]) => values.forEach((row, n) => heap.f.set(row, address / 4 + n * ld));
  write(a, z);
  if (areLabels) heap.i.set(y as number[], target / 4);
  else write(target, y as number[][]);
  heap.d[parameter / 8] = labelSmoothing;
  heap.d[state / 8 + State.rows] = rows;
  if (classWeights) heap.f.set((y as number[]).map((label) => classWeights[label]), weights / 4);
  const weighted = classWeights ? weights : 0, kind = LossKind[loss];
  const records = [
    ...(weighted ? [record(Op.SumWeights, SumWeights, { weights })] : []),
    record(Op.Loss, Loss, {
      kind, da, a, y: target, cols, ld, ldy: areLabels ? 0 : ld, rowLoss, parameter: labelSmoothing ? parameter : 0, weights: weighted,
    }),
    record(Op.MeanLoss, MeanLoss, { kind, cols, rowLoss, weights: weighted }),
  ];
  const list = heap.allocate(records.length * RECORD_WORDS * 4);
  writeRecords(heap, list, records);
  expect(engine.run(state, list, records.length, 1)).toBe(1);
  const gradient = z.flatMap((_, row) => [...heap.f.subarray(da / 4 + row * ld, da / 4 + row * ld + cols)]);
  return { value: heap.d[state / 8 + State.loss], gradient };
}

describe("smoothed targets and class weights give PyTorch's loss and gradient:", () => {
  test.each(cases)("$name, in 64-bit floats", (one) => {
    const { value, gradient } = lossOf(createReferenceEngine("float64"), one);
    expect(Math.abs(value - one.value)).toBeLessThan(1e-14);
    expect(largestDifference(gradient, one.gradient.flat())).toBeLessThan(1e-15);
  });

  test.each(cases)("$name, in the core", async (one) => {
    const { value, gradient } = lossOf(await createWasmEngine(await coreBytes()), one);
    // A few roundings of sums of about 10, and of shares below 1.
    expect(Math.abs(value - one.value)).toBeLessThan(5e-6);
    expect(largestDifference(gradient, one.gradient.flat())).toBeLessThan(2e-7);
  });
});

const forms: { loss: LossOption & object; last: "softmax" | "sigmoid"; targets: "labels" | "rows" }[] = [
  { loss: { type: "crossEntropy", labelSmoothing: 0.2 }, last: "softmax", targets: "labels" },
  { loss: { type: "crossEntropy", labelSmoothing: 0.2 }, last: "softmax", targets: "rows" },
  { loss: { type: "binaryCrossEntropy", labelSmoothing: 0.3 }, last: "sigmoid", targets: "rows" },
];

function targetsOf(targets: "labels" | "rows", rows: number, outputs: number): number[] | number[][] {
  if (targets === "labels") return Array.from({ length: rows }, (_, row) => row % outputs);
  return Array.from({ length: rows }, (_, row) => Array.from({ length: outputs }, (_, c) => (c === row % outputs ? 1 : 0)));
}

describe.each(forms)("$loss on $targets", ({ loss, last, targets }) => {
  test("has the gradients of its differences", async () => {
    for (const outputs of [2, 3, 5, 9]) {
      using network = await Network.create({ input: 4, layers: [dense(6, "tanh"), dense(outputs), activation(last)], seed: outputs });
      const { maxRelativeError } = await gradientCheck(network, { x: new SeededNumbers(2).array(7 * 4), y: targetsOf(targets, 7, outputs), loss });
      expect(maxRelativeError).toBeLessThan(1e-7);
    }
  });

  test("trains to the same bits in one operation a step, in single steps, and in the reference", async () => {
    for (const outputs of [3, 4, 7]) {
      const x = new SeededNumbers(5).array(13 * 4), y = targetsOf(targets, 13, outputs);
      const learn = async (engine: "wasm" | "reference", byStep: boolean) => {
        await init({ engine, threads: 1 });
        using network = await Network.create({ input: 4, layers: [dense(5, "relu"), dense(outputs, last)], seed: 3 });
        const trainer = new Trainer(network, { loss, optimizer: sgd({ learningRate: 0.1 }) });
        if (byStep) for (let row = 0; row < 13; row++) trainer.step(x.subarray(row * 4, row * 4 + 4), [y[row]] as number[] | number[][]);
        else await trainer.fit({ x, y }, { epochs: 1, batchSize: 1, shuffle: false });
        return Buffer.from(network.save());
      };
      const core = await learn("wasm", false);
      expect(core.equals(await learn("reference", false))).toBe(true);
      expect(core.equals(await learn("wasm", true))).toBe(true);
    }
  });

  test("without smoothing has the bits of the plain loss", async () => {
    const learn = async (option: LossOption) => {
      using network = await Network.create({ input: 4, layers: [dense(5, last)], seed: 3 });
      const trainer = new Trainer(network, { loss: option });
      return [1, 2, 3].map(() => trainer.step(new SeededNumbers(5).array(6 * 4), targetsOf(targets, 6, 5) as number[]));
    };
    expect(await learn({ ...loss, labelSmoothing: 0 } as LossOption)).toEqual(await learn(loss.type));
    expect(await learn(loss)).not.toEqual(await learn(loss.type));
  });
});

test.each([
  [{ type: "crossEntropy", labelSmoothing: 1 }, "range", /^options\.loss\.labelSmoothing: expected .* less than 1, got 1/],
  [{ type: "crossEntropy", labelSmoothing: -0.1 }, "range", /^options\.loss\.labelSmoothing: /],
  [{ type: "crossEntropy", labelSmoothing: null }, "type", /^options\.loss\.labelSmoothing: /],
  [{ type: "crossEntropy", delta: 1 }, "unknown", /^options\.loss\.delta: no such option; there are type, labelSmoothing/],
  [{ type: "huber", labelSmoothing: 0.1 }, "unknown", /^options\.loss\.labelSmoothing: no such option/],
])("%j is refused", async (loss, code, says) => {
  using network = await Network.create({ input: 2, layers: [dense(3, "softmax")] });
  const error = await refused(() => new Trainer(network, { loss: loss as LossOption }));
  expect(error.message).toMatch(says);
  expect(error.code).toBe(code);
});
