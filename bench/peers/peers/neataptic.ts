import type { JsPeer } from "../peer";
import { split, squaredError, targetRows } from "../task";

interface Network {
  nodes: { type: string; squash: unknown }[];
  connections: unknown[];
  activate(input: ArrayLike<number>, isTraining: boolean): number[];
  noTraceActivate(input: ArrayLike<number>): number[];
  propagate(rate: number, momentum: number, isUpdate: boolean, target: ArrayLike<number>): void;
}

export const neataptic: JsPeer = {
  id: "neataptic",
  kind: "JavaScript",
  note: "sigmoid outputs and squared error",
  engine: (version) => `neataptic ${version("neataptic")}`,
  can: ({ kind, sizes, batchSize, optimizer }) => (
    // Rows of a batch are taken one by one: a large network's batch would take seconds.
    kind === "training" && optimizer === "sgd" && sizes.length === 3 && (batchSize === 1 || sizes[0] < 100)
  ),
  start: async (m) => {
    const { default: { architect, methods } } = await import("neataptic");
    const network: Network = new architect.Perceptron(...m.sizes);
    if (!m.isXor) for (const node of network.nodes) if (node.type === "hidden") node.squash = methods.activation.RELU;
    const inputs = split(m.x, m.inputs).map((row) => [...row]);
    const targets = split(targetRows(m), m.outputs).map((row) => [...row]);
    let next = 0;
    return {
      samples: m.batchSize,
      run: (turns) => {
        for (let n = 0; n < turns * m.batchSize; n++) {
          network.activate(inputs[next], true);
          // It sums the gradients of a batch.
          network.propagate(m.rate / m.batchSize, 0, (next + 1) % m.batchSize === 0, targets[next]);
          if (++next === inputs.length) next = 0;
        }
      },
      loss: () => squaredError(m, targets, (row) => network.noTraceActivate(inputs[row])),
    };
  },
  get: "npm ci --prefix bench/peers",
};
