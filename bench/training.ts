import { Network, Trainer, adam, conv2d, dense, flatten, maxPool2d, sgd, type FitOptions, type LayerSpec, type OptimizerSpec } from "../src/index";
import type { Case } from "./measure";
import { flopsPerSample, isXor, KERNEL, learningRate, trainingData, type TrainingCase } from "./networks";

/** The layers of a network: convolutions where it has them, then dense ones. */
export function layersOf({ sizes, convolutions }: Pick<TrainingCase, "sizes" | "convolutions">): LayerSpec[] {
  const xor = isXor(sizes);
  return [
    ...(convolutions?.channels ?? []).flatMap((channels) => [conv2d(channels, KERNEL, "relu", { padding: KERNEL >> 1 }), maxPool2d(2)]),
    ...(convolutions ? [flatten()] : []),
    ...sizes.slice(1).map((units, n) => dense(units, xor ? "sigmoid" : n === sizes.length - 2 ? "softmax" : "relu")),
  ];
}

export function optimizerOf({ optimizer }: Pick<TrainingCase, "optimizer">): OptimizerSpec {
  const rate = { learningRate: learningRate[optimizer] };
  return optimizer === "sgd" ? sgd(rate) : adam(rate);
}

export async function trainingCase(c: TrainingCase): Promise<Case> {
  const { name, sizes, convolutions, batchSize } = c;
  const network = await Network.create({ input: convolutions?.image ?? sizes[0], layers: layersOf(c), seed: 1 });
  const trainer = new Trainer(network, { loss: isXor(sizes) ? "squaredError" : "crossEntropy", optimizer: optimizerOf(c) });
  return { ...epochsCase(name, trainer, sizes, batchSize), flops: flopsPerSample(c) };
}

/** The public `epochs` on data of some batches: shuffling, gathering, slices, all but the copy of the data into the core. */
export function epochsCase(name: string, trainer: Trainer, sizes: readonly number[], batchSize: number, fit: FitOptions = {}): Case {
  const { network } = trainer;
  const { x, y, rows } = trainingData(sizes, batchSize);
  return {
    case: name, engine: "wasm", build: "simd", threads: 1, unit: "samples/s",
    run: async (times) => {
      let total = 0;
      for await (const { seconds } of trainer.epochs({ x, y }, { ...fit, epochs: times, batchSize })) total += seconds;
      return total;
    },
    toUnit: (seconds) => rows / seconds,
    end: () => network.dispose(),
  };
}

/** One row in, ten numbers out, through the public `predict`. */
export async function inferenceCase(): Promise<Case> {
  const sizes = [784, 128, 10];
  const network = await Network.create({ input: sizes[0], layers: layersOf({ sizes }), seed: 1 });
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
