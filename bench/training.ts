import { Network, Trainer, dense, adam, sgd, type OptimizerSpec } from "../src/index";
import type { Case } from "./measure";
import { isXor, learningRate, trainingData, type TrainingCase } from "./networks";

export async function wasmNetwork(sizes: readonly number[]): Promise<Network> {
  const xor = isXor(sizes);
  return Network.create({
    input: sizes[0],
    layers: sizes.slice(1).map((units, n) => {
      const last = n === sizes.length - 2;
      return dense(units, xor ? "sigmoid" : last ? "softmax" : "relu");
    }),
    seed: 1,
  });
}

/** The public `epochs` on data of some batches: shuffling, gathering, slices, all but the copy of the data into the core. */
export async function trainingCase({ name, sizes, batchSize, optimizer }: TrainingCase): Promise<Case> {
  const network = await wasmNetwork(sizes);
  const { x, y, rows } = trainingData(sizes, batchSize);
  const rate = { learningRate: learningRate[optimizer] };
  const step: OptimizerSpec = optimizer === "sgd" ? sgd(rate) : adam(rate);
  const trainer = new Trainer(network, { loss: isXor(sizes) ? "squaredError" : "crossEntropy", optimizer: step });
  return {
    case: name, engine: "wasm", build: "simd", threads: 1, unit: "samples/s",
    run: async (times) => {
      let total = 0;
      for await (const { seconds } of trainer.epochs({ x, y }, { epochs: times, batchSize })) total += seconds;
      return total;
    },
    toUnit: (seconds) => rows / seconds,
    end: () => network.dispose(),
  };
}

/** One row in, ten numbers out, through the public `predict`. */
export async function inferenceCase(): Promise<Case> {
  const sizes = [784, 128, 10];
  const network = await wasmNetwork(sizes);
  const { x } = trainingData(sizes, 1);
  const row = x.slice(0, 784);
  let sink = 0;
  return {
    case: "infer-784-128-10-b1", engine: "wasm", build: "simd", threads: 1, unit: "µs",
    run: (times) => {
      for (let n = 0; n < times; n++) sink += network.predict(row)[0];
    },
    toUnit: (seconds) => seconds * 1e6,
    end: () => {
      if (Number.isNaN(sink)) throw new Error("the network predicted NaN");
      network.dispose();
    },
  };
}
