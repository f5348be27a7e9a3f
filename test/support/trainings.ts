import {
  activation, adam, adamW, alphaDropout, batchNorm, conv2d, cosineDecay, type Data, dense, dropout, embedding, exponentialDecay, type FitOptions,
  flatten, gaussianNoise, type LayerSpec, layerNorm, maxPool2d, momentum, type NetworkSpec, oneCycle, type OptimizerSpec, prelu, reduceOnPlateau,
  residual, rmsprop, type ScheduleOption, sgd, stepDecay, type TrainerOptions, warmUp,
} from "../../src/index";
import type { SeededNumbers } from "./numbers";

/** A network, how it is trained, and on what. */
export interface Training {
  spec: NetworkSpec;
  options: TrainerOptions;
  data: Data;
  fit: FitOptions;
}

const CLASSES = 3;

/** Networks with all that has a state, or is random: batches of at least two rows where something is normalised by them. */
const networks: { input: NetworkSpec["input"]; layers: LayerSpec[]; freeze: (number | string)[][]; indices?: number; normalises?: boolean }[] = [
  { input: 4, layers: [dense(6, "tanh"), dense(CLASSES, "softmax")], freeze: [[0]] },
  {
    input: 6, freeze: [["first"], [0, 2], ["block"]], normalises: true,
    layers: [
      dense(9, "linear", { name: "first" }), activation("tanh"), batchNorm(), dropout(0.3),
      residual([dense(7, "relu"), dense(9)], { name: "block", activation: "relu" }), gaussianNoise(0.2), dense(CLASSES, "softmax"),
    ],
  },
  {
    input: 5, freeze: [[0], [1], ["block.layers.0"]],
    layers: [dense(17, "selu"), layerNorm(), alphaDropout(0.2), residual([dense(9, "tanh"), prelu()], { name: "block" }), dense(CLASSES, "softmax")],
  },
  {
    input: [2, 5, 4], freeze: [[0], [1]], normalises: true,
    layers: [conv2d(3, 3, "linear", { padding: 1 }), batchNorm({ momentum: 0.3 }), activation("relu"), maxPool2d(2), dropout(0.2), flatten(), dense(CLASSES, "softmax")],
  },
  { input: 4, layers: [embedding(7, 5), flatten(), gaussianNoise(0.1), dense(8, "gelu"), dense(CLASSES, "softmax")], freeze: [[0], ["3"]], indices: 7 },
];

const optimizers: OptimizerSpec[] = [
  sgd({ learningRate: 0.05 }), momentum({ learningRate: 0.03 }), rmsprop({ learningRate: 0.01 }), adam({ learningRate: 0.02 }), adamW({ learningRate: 0.02, weightDecay: 0.1 }),
];

function schedules(numbers: SeededNumbers): ScheduleOption[] {
  const per = numbers.pick(["epoch", "step"] as const);
  return [
    "constant", stepDecay({ every: 2, factor: 0.5, per }), exponentialDecay({ factor: 0.9, per }), cosineDecay({ period: 3, periodFactor: 2, minimum: 1e-3, per }),
    oneCycle({ steps: 20, per }), oneCycle({ steps: 6, anneal: "linear", per: "epoch" }), warmUp({ steps: 4, then: cosineDecay({ period: 9, per }), per }),
    reduceOnPlateau({ patience: 0, factor: 0.5, threshold: 0.05, cooldown: 1 }), reduceOnPlateau({ patience: 1, factor: 0.3, monitor: "loss" }),
  ];
}

const chance = (numbers: SeededNumbers, share: number) => numbers.uniform(0, 1) < share;

function randomData(numbers: SeededNumbers, rows: number, width: number, indices: number | undefined): Data {
  const x = indices === undefined ? numbers.array(rows * width) : Array.from({ length: rows * width }, () => numbers.below(indices));
  const labels = Array.from({ length: rows }, (_, row) => (x[row * width] > x[row * width + 1] ? numbers.below(2) : 2));
  const y = chance(numbers, 0.7) ? labels : labels.map((label) => [0, 1, 2].map((c) => (c === label ? 1 : 0)));
  if (chance(numbers, 0.7)) return { x, y };
  return { x, y, weights: Array.from({ length: rows }, (_, row) => (row === 0 ? 1 : numbers.pick([0, 0.5, 1, 3]))) };
}

/** Single rows, plain SGD, few units: what has a kernel of its own. */
function smallTraining(numbers: SeededNumbers): Training {
  const data = randomData(numbers, 17, 4, undefined);
  delete data.weights;
  return {
    spec: { input: 4, layers: networks[0].layers, seed: numbers.below(1000) }, options: { loss: "crossEntropy", optimizer: optimizers[0] },
    data, fit: { epochs: 4, batchSize: 1, shuffle: true, accumulate: 1 },
  };
}

/** One of the many ways to train, chosen at random. */
export function randomTraining(numbers: SeededNumbers): Training {
  if (chance(numbers, 0.05)) return smallTraining(numbers);
  const { input, layers, freeze, indices, normalises } = numbers.pick(networks);
  const width = typeof input === "number" ? input : input.reduce((product, size) => product * size, 1);
  const batchSize = numbers.pick(normalises ? [4, 7, 8, 300] : [1, 4, 7, 8, 300]);
  const rows = batchSize === 300 ? numbers.pick([33, 301, 310]) : 14 + numbers.below(batchSize === 1 ? 10 : 30);
  const accumulate = numbers.pick([1, 1, 2, 3]);
  const data = randomData(numbers, rows, width, indices);
  const validation = chance(numbers, 0.6) ? randomData(numbers, 10 + numbers.below(20), width, indices) : undefined;
  const monitor = numbers.pick(validation ? ["loss", "validationLoss", "validationAccuracy"] as const : ["loss"] as const);
  const options: TrainerOptions = {
    loss: numbers.pick(["crossEntropy", { type: "crossEntropy", labelSmoothing: 0.1 }] as const),
    optimizer: numbers.pick(optimizers),
    ...(chance(numbers, 0.8) ? { schedule: numbers.pick(schedules(numbers)) } : {}),
    ...(chance(numbers, 0.3) ? { l1: 1e-3, l2: 1e-2 } : {}),
    ...(chance(numbers, 0.3) ? { clipNorm: 0.5, clipValue: 0.3 } : {}),
    ...(chance(numbers, 0.3) ? { maxNorm: 0.8 } : {}),
    ...(chance(numbers, 0.3) ? { classWeights: [1, 0.5, 2] } : {}),
    ...(chance(numbers, 0.4) ? { freeze: numbers.pick(freeze) } : {}),
  };
  const fit: FitOptions = {
    epochs: 2 + numbers.below(5), batchSize, accumulate, shuffle: chance(numbers, 0.7),
    ...(validation ? { validation } : {}),
    ...(chance(numbers, 0.5) ? { earlyStopping: { monitor, patience: 1 + numbers.below(2), minDelta: numbers.pick([0, 0.01, 0.2]), restoreBest: chance(numbers, 0.7) } } : {}),
  };
  return { spec: { input, layers, seed: numbers.below(1000) }, options, data, fit };
}

/** What a training is, for messages. */
export function titleOf({ spec, options, fit: { validation, ...fit }, data }: Training): string {
  const layers = spec.layers.map(({ type }) => type).join(" ");
  return `${layers}; ${JSON.stringify(options)}; ${JSON.stringify(fit)}${validation ? ", validation" : ""}${data.weights ? ", weights" : ""}`;
}
