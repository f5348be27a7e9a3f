import type { JsPeer } from "../peer";
import { split, squaredError, targetRows } from "../task";

interface Network {
  activate(input: ArrayLike<number>): number[];
  propagate(rate: number, target: ArrayLike<number>): void;
  setOptimize(isOptimized: boolean): void;
}

/** Connections up to which the code that it generates, some lines for each, is faster than its objects. */
const OPTIMIZED_CONNECTIONS = 10_000;

export const synaptic: JsPeer = {
  id: "synaptic",
  kind: "JavaScript",
  note: "sigmoid layers and squared error; its generated code where the network is small enough for it",
  engine: (version) => `synaptic ${version("synaptic")}`,
  can: ({ kind, batchSize, optimizer }) => kind === "training" && batchSize === 1 && optimizer === "sgd",
  start: async (m) => {
    const { default: { Architect } } = await import("synaptic");
    const network: Network = new Architect.Perceptron(...m.sizes);
    const connections = m.sizes.slice(1).reduce((sum, units, n) => sum + units * m.sizes[n], 0);
    network.setOptimize(connections <= OPTIMIZED_CONNECTIONS);
    const inputs = split(m.x, m.inputs).map((row) => [...row]);
    const targets = split(targetRows(m), m.outputs).map((row) => [...row]);
    let next = 0;
    return {
      samples: 1,
      run: (turns) => {
        for (let n = 0; n < turns; n++) {
          network.activate(inputs[next]);
          network.propagate(m.rate, targets[next]);
          if (++next === inputs.length) next = 0;
        }
      },
      loss: () => squaredError(m, targets, (row) => network.activate(inputs[row])),
    };
  },
  get: "npm ci --prefix bench/peers",
};
