import { State } from "../assembly/records";
import { predictionPlan } from "../src/network/prediction";
import { activation, batchNorm, dense, dropout, Network, residual, Trainer } from "../src/index";
import { augmented } from "./augment";
import { diagnosisComparisons } from "./diagnosis";
import { type Case, type Row, summary } from "./measure";
import { flopsPerSample, learningRate, trainingData } from "./networks";
import { epochsCase, layersOf, optimizerOf } from "./training";

/** Two cases whose times are compared; they are measured next to each other, so that both meet the same machine. */
export interface Comparison {
  name: string;
  /** The most that the time of the one is meant to be, the time of the other being 1. */
  target: number;
  of: Case;
  against: Case;
}

const BATCH = 128;
const optimizers = ["sgd", "adam"] as const;

/** What a network costs that has all that keeps it from learning by heart, against the same without. */
async function regularised(optimizer: (typeof optimizers)[number]): Promise<Comparison> {
  const sizes = [784, 128, 10];
  const loss = "crossEntropy";
  const name = `regularised-${sizes.join("-")}-b${BATCH}-${optimizer}`;
  const network = await Network.create({
    input: sizes[0],
    layers: [dense(sizes[1]), batchNorm(), activation("relu"), dropout(0.2), dense(sizes[2], "softmax")],
    seed: 1,
  });
  const plain = await Network.create({ input: sizes[0], layers: layersOf({ sizes }), seed: 1 });
  const flops = flopsPerSample({ sizes });
  return {
    name, target: 1.25,
    of: { ...epochsCase(name, new Trainer(network, { loss, optimizer: optimizerOf({ optimizer }), l2: 1e-4 }), sizes, BATCH), flops },
    against: { ...epochsCase(`${name}-plain`, new Trainer(plain, { loss, optimizer: optimizerOf({ optimizer }) }), sizes, BATCH), flops },
  };
}

/** A trunk that stays as it is under a head that learns, against the trunk's and the head's forward pass and a step of the head alone. */
async function frozen(): Promise<Comparison> {
  const [inputs, units, outputs] = [784, 1024, 10];
  const name = `frozen-${inputs}-${units}-${outputs}-b${BATCH}`;
  const options = { loss: "crossEntropy", optimizer: optimizerOf({ optimizer: "sgd" }) } as const;
  const create = (sizes: readonly number[]) => Network.create({ input: sizes[0], layers: layersOf({ sizes }), seed: 1 });
  const [whole, forward, head] = [await create([inputs, units, outputs]), await create([inputs, units, outputs]), await create([units, outputs])];
  const step = epochsCase(name, new Trainer(whole, { ...options, freeze: [0] }), [inputs, units, outputs], BATCH);
  const alone = epochsCase(name, new Trainer(head, options), [units, outputs], BATCH);
  const { engine } = forward;
  const plan = predictionPlan(forward, BATCH, undefined);
  engine.heap.d[plan.state / 8 + State.rows] = BATCH;
  const { x, rows } = trainingData([inputs, outputs], BATCH);
  // As many of the head alone: making the data takes longer than a step, and is not to be measured.
  const steps = rows / BATCH;
  for (let row = 0; row < BATCH; row++) {
    engine.heap.f.set(x.subarray(row * inputs, (row + 1) * inputs), plan.x.address / 4 + row * plan.x.ld);
  }
  const perStep = (seconds: number) => (seconds / steps) * 1e6;
  return {
    name, target: 1.05,
    of: { ...step, unit: "µs", toUnit: perStep },
    against: {
      ...alone, case: `${name}-parts`, unit: "µs",
      run: async (times) => {
        const started = performance.now();
        engine.run(plan.state, plan.forward.address, plan.forward.count, times * steps);
        return (performance.now() - started) / 1000 + ((await alone.run(times)) as number);
      },
      toUnit: perStep,
      end: () => {
        alone.end?.();
        forward.dispose();
      },
    },
  };
}

/** Comparisons by their names, made when they are wanted. */
const comparisons: Record<string, () => Promise<Comparison>> = {
  "regularised-784-128-10-b128-sgd": () => regularised("sgd"),
  "regularised-784-128-10-b128-adam": () => regularised("adam"),
  "frozen-784-1024-10-b128": frozen,
  ...augmented,
  ...diagnosisComparisons,
};

export async function chosenComparisons(filter: RegExp): Promise<Comparison[]> {
  return Promise.all(Object.entries(comparisons).filter(([name]) => filter.test(name)).map(([, make]) => make()));
}

/** Of each round how many times the time of the other the one took. */
export function ratioRow({ name, target, of, against }: Comparison, results: ReadonlyMap<Case, readonly number[]>): Row {
  const [a, b] = [results.get(of)!, results.get(against)!];
  const ratios = a.map((value, round) => (of.unit === "samples/s" ? b[round] / value : value / b[round]));
  return { case: `${name}-ratio`, engine: "wasm", build: "simd", threads: 1, unit: "×", ...summary(ratios), against: against.case, target };
}

const [BLOCKS, UNITS, RESIDUAL_BATCH] = [20, 64, 32];

/** Layers of few units, many of them: what it costs to go from one operation to the next. */
export async function residualCase(): Promise<Case> {
  // Blocks that add little at first, as the numbers would double in each otherwise.
  const small = { type: "normal", mean: 0, deviation: 0.02 } as const;
  const block = () => residual([dense(UNITS, "relu"), dense(UNITS, "linear", { initializer: small })], { activation: "relu" });
  const network = await Network.create({
    input: UNITS, layers: [...Array.from({ length: BLOCKS }, block), dense(10, "softmax")], seed: 1,
  });
  const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: { type: "sgd", learningRate: learningRate.sgd } });
  const flops = 2 * (2 * BLOCKS * UNITS * UNITS * 3 - UNITS * UNITS + UNITS * 10 * 3);
  return { ...epochsCase(residualName, trainer, [UNITS, 10], RESIDUAL_BATCH), flops };
}

export const residualName = `residual-${UNITS}x${BLOCKS}-b${RESIDUAL_BATCH}-sgd`;
