// The little app that every bundler builds: it trains, saves, loads and predicts, and tells the bits of what came out.
import { DeltawasmError, init, Network, Trainer, adam, dense } from "deltawasm";
import { readCsv } from "deltawasm/data";
import { accuracy } from "deltawasm/metrics";
import { Model } from "deltawasm/model";
import { loadPredictor } from "deltawasm/predict";

/** Numbers as the bits of floats. */
const bits = (numbers) => [...new Uint32Array(Float32Array.from(numbers).buffer)].map((word) => word.toString(16)).join(" ");

/** One network on the threads that are had, trained and loaded again. */
async function train() {
  const network = await Network.create({ input: 128, layers: [dense(160, "relu"), dense(4, "softmax")], seed: 3 });
  const x = Float32Array.from({ length: 128 * 96 }, (_, n) => ((n * 7919) % 1000) / 1000 - 0.5), y = Uint8Array.from({ length: 96 }, (_, n) => n % 4);
  const { epochs } = await new Trainer(network, { loss: "crossEntropy", optimizer: adam({ learningRate: 0.01 }) }).fit({ x, y }, { epochs: 3, batchSize: 32 });
  const loaded = await Network.load(network.save());
  const predictor = await loadPredictor(network.save());
  const row = x.subarray(0, 128);
  // Until it is known whether a thread came.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const { engine, threads, notes } = network.inspect();
  return { engine, threads, notes, results: [bits(epochs.map(({ loss }) => loss)), bits(network.predict(row)), bits(loaded.predict(row)), bits(predictor.predict(row))] };
}

/** What sub-paths do together with the entry. */
async function useSubPaths() {
  const table = await readCsv(["size,kind", ...Array.from({ length: 60 }, (_, n) => `${n % 2 ? 10 + n / 60 : n / 60},${n % 2 ? "large" : "small"}`)].join("\n"));
  const { model } = await Model.train(table, { target: "kind", epochs: 5, seed: 1 });
  const error = await readCsv(0).catch((error) => error);
  return {
    results: [bits([accuracy([0, 1, 1], [0, 1, 0])]), bits(model.network.predict(new Float32Array(model.network.inputs).fill(0.5)))],
    // One class in all entries.
    isOne: model.network instanceof Network && error instanceof DeltawasmError,
  };
}

/** Steps and a prediction, without `init`. */
async function step() {
  const network = await Network.create({ input: 3, layers: [dense(5, "tanh"), dense(2, "softmax")], seed: 3 });
  const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: adam({ learningRate: 0.01 }) });
  const losses = Array.from({ length: 5 }, () => trainer.step([[1, 2, 3], [-1, 0.5, 0]], [0, 1]));
  return { engine: network.inspect().engine, results: [bits(losses), bits(network.predict([1, 2, 3]))] };
}

/** All of it: without `init` on one thread, and after it on two where they are had. */
export async function run() {
  const steps = await step();
  const subPaths = await useSubPaths();
  await init({ threads: 1 });
  const one = await train();
  await init({ threads: 2 });
  const two = await train();
  return { steps, subPaths, one, two };
}
