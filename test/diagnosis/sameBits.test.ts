import { afterEach, describe, expect, test, vi } from "vitest";
import { Diagnosis } from "../../src/diagnosis";
import { dense, init, Network, sgd, Trainer } from "../../src/index";
import { createReferenceEngine } from "../../src/reference/engine";
import { SeededNumbers } from "../support/numbers";
import { networkOn, slicesTogether } from "../support/team";
import { randomTraining, titleOf, type Training } from "../support/trainings";

// A training that is looked into is the same to the last bit: parameters, running statistics, the optimizer's state, all counts, and
// so all random numbers that come.

const trainings = Array.from({ length: 80 }, (_, seed) => randomTraining(new SeededNumbers(7000 + seed)));
/** Single rows by plain SGD in few units (a kernel of its own), and updates in the backward pass. */
const special: Training[] = [1, 8].map((batchSize) => ({
  spec: { input: 4, layers: [dense(6, "tanh"), dense(3, "softmax")], seed: 2 }, options: { loss: "crossEntropy", optimizer: sgd({ learningRate: 0.1 }) },
  data: { x: new SeededNumbers(3).array(4 * 30), y: Array.from({ length: 30 }, (_, row) => row % 3) }, fit: { epochs: 4, batchSize },
}));

async function train(network: Network, { options, data, fit }: Training, diagnosis?: Diagnosis): Promise<{ bytes: Buffer; losses: unknown }> {
  const trainer = new Trainer(network, options);
  const { epochs, best } = await trainer.fit(data, { ...fit, ...(diagnosis ? { diagnosis } : {}) });
  // And what comes after.
  const more = trainer.step(data.x, data.y, data.weights);
  const bytes = Buffer.from(trainer.save());
  network.dispose();
  return { bytes, losses: [epochs.map(({ loss, validation, learningRate }) => ({ loss, validation, learningRate })), best, more] };
}

async function expectSame(create: () => Promise<Network> | Network, training: Training, every: number | "epoch"): Promise<void> {
  const plain = await train(await create(), training);
  const diagnosis = new Diagnosis({ every });
  const watched = await train(await create(), training, diagnosis);
  expect(diagnosis.record.samples.length).toBeGreaterThan(1);
  expect(watched.losses).toEqual(plain.losses);
  expect(watched.bytes.equals(plain.bytes)).toBe(true);
}

afterEach(() => vi.restoreAllMocks());

describe("a training gives the same bits with a diagnosis", () => {
  test.each([...special, ...trainings].map((training) => ({ title: titleOf(training), training })))("$title", async ({ training }) => {
    await expectSame(() => Network.create(training.spec), training, 1);
  });

  test.each([...special, ...trainings.slice(0, 12)].map((training) => ({ title: titleOf(training), training })))("in the reference engine: $title", async ({ training }) => {
    await expectSame(() => Network.createOn(createReferenceEngine("float32"), training.spec), training, 2);
  });

  test.each(trainings.slice(12, 20).map((training) => ({ title: titleOf(training), training })))("on three threads: $title", async ({ training }) => {
    slicesTogether();
    await expectSame(() => networkOn(3, training.spec), training, "epoch");
    await init({ threads: 1 });
  });
});
