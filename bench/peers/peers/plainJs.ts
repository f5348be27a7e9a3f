import { createJsTrainer } from "../../js/trainer";
import type { JsPeer } from "../peer";

/** The trainer of bench/js, written for this bench; of a handful of neurons the generated code is unrolled. */
export const plainJs: JsPeer = {
  id: "plain-js",
  kind: "JavaScript",
  note: "bench/js, written for this bench: unrolled code for 2-3-1, 64-bit arithmetic",
  engine: () => "plain JavaScript",
  can: ({ kind }) => kind === "training",
  start: async (m) => {
    const { sizes, isXor, optimizer, rate, batchSize, weights, x, y, rows } = m;
    const options = {
      sizes, hidden: isXor ? "sigmoid" : "relu", loss: isXor ? "squaredError" : "crossEntropy", optimizer, batchSize, weights, seed: 1,
    } as const;
    const trainer = createJsTrainer({ ...options, learningRate: rate });
    const order = Int32Array.from({ length: rows }, (_, n) => n);
    return {
      samples: rows,
      run: (turns) => {
        for (let n = 0; n < turns; n++) trainer.trainSteps(x, y, order, 0, rows / batchSize);
      },
      loss: () => {
        // One step that changes nothing, over each batch.
        const same = createJsTrainer({ ...options, weights: trainer.weights(), optimizer: "sgd", learningRate: 0 });
        let sum = 0;
        for (let step = 0; step < rows / batchSize; step++) sum += same.trainSteps(x, y, order, step, 1);
        return sum / (rows / batchSize);
      },
    };
  },
  get: "it is part of this repository",
};
