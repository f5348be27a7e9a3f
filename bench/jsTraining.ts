import { createJsTrainer } from "./js/trainer";
import type { Case } from "./measure";
import { isXor, learningRate, trainingData, type TrainingCase } from "./networks";

/** The pure-JavaScript trainer on the same network and data. */
export function jsTrainingCase({ name, sizes, batchSize, optimizer }: TrainingCase): Case {
  const { x, y, rows } = trainingData(sizes, batchSize);
  const trainer = createJsTrainer({
    sizes: [...sizes], hidden: isXor(sizes) ? "sigmoid" : "relu", loss: isXor(sizes) ? "squaredError" : "crossEntropy",
    optimizer, learningRate: learningRate[optimizer], batchSize, seed: 1,
  });
  const order = Int32Array.from({ length: rows }, (_, n) => (n * 17) % rows);
  return {
    case: name, engine: "js", build: "none", threads: 1, unit: "samples/s",
    run: (times) => {
      for (let n = 0; n < times; n++) trainer.trainSteps(x, y, order, 0, rows / batchSize);
    },
    toUnit: (seconds) => rows / seconds,
  };
}
