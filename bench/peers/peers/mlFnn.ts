import { createRequire } from "node:module";
import type { JsPeer } from "../peer";
import { split } from "../task";

interface Matrix {
  get(row: number, column: number): number;
}

/** Its `train` takes all rows as one batch, by these two functions; so do we, with the batches of the others. */
interface Network {
  train(x: Matrix, labels: number[]): void;
  dicts: { inputs: Record<number, number> };
  propagate(x: Matrix): Matrix;
  backpropagation(x: Matrix, labels: number[], probabilities: Matrix): void;
}

export const mlFnn: JsPeer = {
  id: "ml-fnn",
  kind: "JavaScript",
  note: "tanh in the hidden layers, whatever is asked for",
  engine: (version) => `ml-fnn ${version("ml-fnn")}`,
  can: ({ optimizer, sizes }) => optimizer === "sgd" && sizes.at(-1)! > 1,
  start: async (m) => {
    const require = createRequire(import.meta.url);
    const FeedForward = require("ml-fnn") as new (options: object) => Network;
    // The matrices of its own copy.
    const { Matrix } = createRequire(require.resolve("ml-fnn"))("ml-matrix") as { Matrix: new (rows: number[][]) => Matrix };
    const rows = split(m.x, m.inputs).map((row) => [...row]);
    // A regularization of 0 would be replaced by its default, gradients are summed over a batch.
    const network = new FeedForward({ hiddenLayers: m.sizes.slice(1, -1), iterations: 1, learningRate: m.rate / m.batchSize, regularization: 1e-30 });
    // Builds it; a label of each class has to be there.
    network.train(new Matrix(Array.from({ length: m.outputs }, () => rows[0])), Array.from({ length: m.outputs }, (_, n) => n));
    const batches = Array.from({ length: m.rows / m.batchSize }, (_, n) => ({
      x: new Matrix(rows.slice(n * m.batchSize, (n + 1) * m.batchSize)),
      labels: [...m.y.subarray(n * m.batchSize, (n + 1) * m.batchSize)],
    }));
    if (m.kind === "prediction") {
      return {
        samples: m.batchSize,
        run: (turns) => {
          for (let n = 0; n < turns; n++) network.propagate(batches[0].x);
        },
        loss: () => NaN,
      };
    }
    let next = 0;
    return {
      samples: m.batchSize,
      run: (turns) => {
        for (let n = 0; n < turns; n++) {
          const { x, labels } = batches[next];
          network.backpropagation(x, labels, network.propagate(x));
          if (++next === batches.length) next = 0;
        }
      },
      loss: () => {
        let sum = 0;
        for (const { x, labels } of batches) {
          const probabilities = network.propagate(x);
          labels.forEach((label, row) => (sum -= Math.log(probabilities.get(row, network.dicts.inputs[label]))));
        }
        return sum / m.rows;
      },
    };
  },
  get: "npm ci --prefix bench/peers",
};
