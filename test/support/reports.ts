import { adam, dense, Network, sgd, Trainer, type TrainerOptions, type NetworkSpec } from "deltawasm";
import { Diagnosis } from "deltawasm/diagnosis";
import type { RunRecord } from "deltawasm/report";
import { CLASSES, PIXELS, readDigits, SIZE, split } from "../../examples/digits/data";

// Records of trainings that were really done, and of some that nobody waits for.

/** What is markup, and ends of scripts, where it isn't escaped: as text it does nothing. */
export const HOSTILE = "<img src=x onerror=\"globalThis.hacked=1\"></script><script>globalThis.hacked=1</script><!--\u2028'&\"";

/** Trains a classifier of digits and tells of it. */
async function digits(title: string, spec: NetworkSpec, trainerOptions: TrainerOptions, epochs: number): Promise<RunRecord> {
  const { training, test } = split(readDigits(), 0.2, 1);
  using network = await Network.create(spec);
  const trainer = new Trainer(network, trainerOptions);
  const diagnosis = new Diagnosis({ every: 40 });
  const history = await trainer.fit({ x: training.pixels, y: training.labels }, {
    epochs, batchSize: 32, validation: { x: test.pixels, y: test.labels }, earlyStopping: { patience: epochs }, diagnosis,
  });
  const outputs = network.predict(test.pixels);
  const counts = Array.from({ length: CLASSES }, () => new Array<number>(CLASSES).fill(0));
  const misclassified = Array.from(test.labels).flatMap((truth, n) => {
    const row = outputs.subarray(n * CLASSES, (n + 1) * CLASSES);
    const confidence = Math.max(...row);
    const answer = row.indexOf(confidence);
    counts[truth]![answer]!++;
    const pixels = Array.from(test.pixels.subarray(n * PIXELS, (n + 1) * PIXELS), (ink) => Math.round(255 * (1 - ink)));
    return answer === truth ? [] : [{ truth: String(truth), predicted: String(answer), confidence, image: { width: SIZE, height: SIZE, pixels } }];
  });
  return {
    title, date: "2026-05-04T12:30:00Z", spec, trainer: trainerOptions,
    parameters: Object.fromEntries(Object.entries(network.parameters()).map(([name, { shape }]) => [name, [...shape]])),
    facts: { "Training rows": training.labels.length, "Validation rows": test.labels.length, Seconds: history.epochs.reduce((sum, { seconds }) => sum + seconds, 0) },
    history: history.epochs, stopped: history.stopped, ...(history.best && { best: history.best }), diagnosis: diagnosis.record,
    metrics: { accuracy: 1 - misclassified.length / test.labels.length }, misclassified,
    confusion: { labels: Array.from({ length: CLASSES }, (_, n) => String(n)), counts },
  };
}

/** A training as it should be. */
export const healthy = () => digits(
  "Handwritten digits", { input: PIXELS, layers: [dense(48, "relu"), dense(24, "relu"), dense(CLASSES, "softmax")], seed: 1 },
  { loss: "crossEntropy", optimizer: adam({ learningRate: 0.003 }) }, 20,
);

/** A deep stack of sigmoids, in which gradients vanish. */
export const sick = () => digits(
  "Deep sigmoids",
  {
    input: PIXELS, seed: 1,
    layers: [...Array.from({ length: 8 }, () => dense(24, "sigmoid")), dense(CLASSES, "softmax")],
  },
  { loss: "crossEntropy", optimizer: sgd({ learningRate: 0.1 }) }, 12,
);

/** Of a long training of many layers, whose epochs are waves with one peak and one hole. */
export function long(epochs = 10_000, layers = 20): RunRecord {
  const loss = (epoch: number) => (epoch === 5003 ? 99 : epoch === 7001 ? 0.001 : 1 + 0.2 * Math.sin(epoch / 50));
  const counts = Array.from({ length: 32 }, (_, n) => n * (31 - n));
  return {
    title: "Long", best: { epoch: 7001, value: 0.001 },
    history: Array.from({ length: epochs }, (_, n) => ({ epoch: n + 1, loss: loss(n + 1), learningRate: 0.001, seconds: 1 })),
    diagnosis: {
      warnings: [],
      samples: Array.from({ length: epochs }, (_, n) => ({
        epoch: n + 1, step: 10 * n, rows: 32, loss: loss(n + 1),
        layers: Array.from({ length: layers }, (_, layer) => ({
          layer: `block${layer}`, type: "dense", activation: "tanh" as const, gradientNorm: (2 + Math.sin(n / 90)) * 0.7 ** layer, weightNorm: 1,
          updateRatio: 0.001 * (1 + layer), activations: { mean: 0, deviation: 1, saturated: layer / 100, histogram: { from: -1, to: 1, counts } },
        })),
      })),
    },
  };
}

/** Whose every text tries to be markup. */
export function hostile(): RunRecord {
  return {
    title: HOSTILE, date: HOSTILE, facts: { [HOSTILE]: HOSTILE }, metrics: { [HOSTILE]: 0.5 },
    history: [{ epoch: 1, loss: 1, learningRate: 0.1, seconds: 1 }, { epoch: 2, loss: 0.5, learningRate: 0.1, seconds: 1 }],
    spec: { input: 2, layers: [dense(2, "softmax", { name: "layer" })] }, parameters: { [`layer.${HOSTILE}`]: [2, 2] },
    confusion: { labels: [HOSTILE, "b"], counts: [[3, 1], [0, 4]] },
    misclassified: [
      { truth: HOSTILE, predicted: HOSTILE, confidence: 0.9, image: { width: 1, height: 2, pixels: [0, 255] } },
      { truth: HOSTILE, predicted: "b", confidence: 0.9, cells: { [HOSTILE]: HOSTILE, number: 1.5, nothing: null } },
    ],
    diagnosis: {
      warnings: [{ code: "overfitting", message: HOSTILE, remedy: HOSTILE, epoch: 1 }],
      samples: [1, 2].map((epoch) => ({
        epoch, step: epoch, rows: 1, loss: 1,
        layers: [{
          layer: HOSTILE, type: HOSTILE, activation: "relu" as const, gradientNorm: epoch,
          activations: { mean: 0, deviation: 1, dead: 0.5, histogram: { from: 0, to: 1, counts: [3, 4] } },
        }],
      })),
    },
  };
}

/** Of a regression: errors grow with the value. */
export function regression(rows = 300): RunRecord {
  const truth = Array.from({ length: rows }, (_, n) => ((n * 7919) % rows) / 10);
  return {
    title: "Prices", history: [{ epoch: 1, loss: 1000, learningRate: 0.1, seconds: 1 }, { epoch: 2, loss: 2, learningRate: 0.05, seconds: 1 }],
    predictions: { truth, predicted: truth.map((value, n) => value * (1 + 0.1 * Math.sin(n * n))) },
    misclassified: [{ truth: "yes", predicted: "no", confidence: 0.75, cells: { age: 31, town: "Bonn", member: true } }],
    confusion: { labels: Array.from({ length: 60 }, (_, n) => `class ${n}`), counts: Array.from({ length: 60 }, (_, n) => Array.from({ length: 60 }, (_, m) => (n === m ? 40 : (n * m) % 7 === 1 ? 3 : 0))) },
  };
}
