import type { JsPeer, Session } from "../peer";
import { type Material, split, squaredError, targetRows } from "../task";

type Pattern = { input: Float32Array; output: Float32Array };

interface Network {
  initialize(): void;
  sizes: number[];
  trainPattern(pattern: Pattern): void;
  runInput(input: Float32Array): ArrayLike<number>;
}

interface Library {
  NeuralNetwork: new (options: object) => Network;
}

/** It refuses a momentum of 0; this one is gone when it is rounded to 32 bits. */
const NONE = 1e-45;

/** Its `train` does little but call `trainPattern` for each row: so do we, and save it the conversion of the data each time. */
async function start(packageName: string, m: Material): Promise<Session> {
  const library = (await import(packageName)) as Library & { default?: Library };
  const { NeuralNetwork } = library.default ?? library;
  const network = new NeuralNetwork({ hiddenLayers: m.sizes.slice(1, -1), activation: "sigmoid", learningRate: m.rate, momentum: NONE });
  network.sizes = [...m.sizes];
  network.initialize();
  const targets = split(targetRows(m), m.outputs);
  const patterns: Pattern[] = split(m.x, m.inputs).map((input, n) => ({ input, output: targets[n] }));
  let next = 0;
  if (m.kind === "prediction") {
    return {
      samples: 1,
      run: (turns) => {
        for (let n = 0; n < turns; n++) network.runInput(patterns[0].input);
      },
      loss: () => NaN,
    };
  }
  return {
    samples: 1,
    run: (turns) => {
      for (let n = 0; n < turns; n++) {
        network.trainPattern(patterns[next]);
        if (++next === patterns.length) next = 0;
      }
    },
    loss: () => squaredError(m, targets, (row) => network.runInput(patterns[row].input)),
  };
}

const brain = (major: 1 | 2): JsPeer => ({
  id: `brain-${major}`,
  kind: "JavaScript",
  note: "sigmoid layers and squared error; on the CPU",
  engine: (version) => `brain.js ${version(`brain.js-${major}`)}`,
  can: ({ batchSize, optimizer }) => batchSize === 1 && optimizer === "sgd",
  start: (m) => start(`brain.js-${major}`, m),
  get: "npm ci --prefix bench/peers",
});

export const [brain1, brain2] = [brain(1), brain(2)];
