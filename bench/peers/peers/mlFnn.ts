import { createRequire } from "node:module";
import type { JsPeer } from "../peer";
import { meanLoss, split } from "../task";

interface Matrix {
  set(row: number, column: number, value: number): void;
  to1DArray(): number[];
}

/** Its `train` takes all rows as one batch, by these two functions; so do we, with the batches of the others. */
interface Network {
  train(x: Matrix, labels: number[]): void;
  model: { W: Matrix }[];
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
    const network = new FeedForward({
      hiddenLayers: m.sizes.slice(1, -1), iterations: 1, learningRate: m.rate / m.batchSize, regularization: 1e-30,
    });
    // Builds it; a label of each class has to be there.
    network.train(new Matrix(Array.from({ length: m.outputs }, () => rows[0])), Array.from({ length: m.outputs }, (_, n) => n));
    network.model.forEach(({ W }, n) => {
      const ins = m.sizes[n];
      m.weights[n].w.forEach((value, k) => W.set(k % ins, Math.floor(k / ins), value));
    });
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
      // It was built with the labels in order, so that each is its column.
      loss: () => meanLoss(m, (batch) => network.propagate(batches[batch].x).to1DArray()),
    };
  },
  get: "npm ci --prefix bench/peers",
};
