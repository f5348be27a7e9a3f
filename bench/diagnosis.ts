import { Network, Trainer } from "deltawasm";
import { Diagnosis } from "deltawasm/diagnosis";
import type { Comparison } from "./comparisons";
import type { Case } from "./measure";
import { trainingCases, trainingData } from "./networks";
import { layersOf, optimizerOf } from "./training";

/** Networks of the cases of training, and steps of a training of each: a short one, for the first sample and the last cost most there. */
const trainings = { "train-784-128-10-b32-adam": 1000, "train-784-128-10-b128-adam": 1000, "train-convnet-28x28-b32-adam": 256 };

/** What it costs to look into a training as a Diagnosis does where nobody says how often, against the same training without. */
export const diagnosisComparisons = Object.fromEntries(Object.entries(trainings).map(([name, steps]) => {
  const title = name.replace("train", "diagnosis");
  return [title, () => compare(title, name, steps)];
}));

async function compare(title: string, name: string, steps: number): Promise<Comparison> {
  const c = trainingCases.find((training) => training.name === name)!;
  const { sizes, convolutions, batchSize } = c;
  const { x, y, rows } = trainingData(sizes, batchSize);
  const options = { epochs: Math.ceil((steps * batchSize) / rows), batchSize };
  const training = async (of: string, isWatched: boolean): Promise<Case> => {
    const network = await Network.create({ input: convolutions?.image ?? sizes[0], layers: layersOf(c), seed: 1 });
    const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: optimizerOf(c) });
    return {
      case: of, engine: "wasm", build: "simd", threads: 1, unit: "ms",
      run: async (times) => {
        for (let n = 0; n < times; n++) await trainer.fit({ x, y }, { ...options, ...(isWatched ? { diagnosis: new Diagnosis() } : {}) });
      },
      toUnit: (seconds) => seconds * 1000,
      end: () => network.dispose(),
    };
  };
  return { name: title, target: 1.05, of: await training(title, true), against: await training(`${title}-plain`, false) };
}
