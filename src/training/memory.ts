import { checkInteger, checkOptions } from "../core/check";
import { plannedThreads } from "../core/init";
import { buildGraph, type NetworkSpec } from "../network/graph";
import { type AugmentOptions, resolveAugment } from "./augmentOptions";
import { DataBlock } from "./dataBlock";
import { planBytes } from "./plan";
import { layOutSetup } from "./setup";
import { checkTrainerOptions, type TrainerOptions } from "./trainerOptions";

/** What is to be trained. */
export interface MemoryQuestion extends TrainerOptions {
  /** Rows of a batch. Default 32. */
  batchSize?: number;
  /** Batches that make one update. Default 1. */
  accumulate?: number;
  /** What becomes of the images of a batch. Default: nothing. */
  augment?: AugmentOptions;
  /** Rows of the data that `fit` copies, and of those that it validates with. Default none. */
  rows?: number;
  /** Whether the targets are class indices. Default true for crossEntropy, false otherwise. */
  labels?: boolean;
}

/** Bytes that training takes. */
export interface MemoryNeeded {
  /** Weights and biases: how many, not bytes. */
  parameters: number;
  /** The network's parameters. */
  network: number;
  /** What the trainer keeps from step to step: gradients and the optimizer's moments. */
  trainer: number;
  /** Activations and their gradients for a batch, and scratch for each thread. Evaluation has a plan of its own, which keeps less. */
  plan: number;
  /** The data, while `fit` runs. */
  data: number;
  /** All of these: memory of the core, of which there are 4 GiB. */
  core: number;
  /** On the JavaScript heap, while `fit` runs: what is put back if training diverges. */
  copies: number;
  /** All in all. */
  total: number;
}

/**
 * The memory that training a network will take, without making it.
 *
 * @throws DeltawasmError `type`, `range`, `unknown`, `empty`, `conflict`, `shape` for a wrong spec or wrong options
 *
 * @example
 * const { total, core } = memoryNeeded(spec, { loss: "crossEntropy", optimizer: "adam", batchSize: 128, rows: 60_000 });
 * console.log(`${(total / 2 ** 30).toFixed(2)} GiB`);
 */
export function memoryNeeded(spec: NetworkSpec, question: MemoryQuestion): MemoryNeeded {
  const graph = buildGraph(spec);
  const names = ["loss", "optimizer", "l1", "l2", "clipValue", "clipNorm", "maxNorm", "classWeights", "schedule", "freeze", "batchSize", "accumulate", "augment", "rows", "labels"];
  const { batchSize = 32, accumulate = 1, augment, rows = 0, labels, ...options } = checkOptions("options", question, names) as unknown as MemoryQuestion;
  checkInteger("options.batchSize", batchSize, 1);
  checkInteger("options.accumulate", accumulate, 1);
  checkInteger("options.rows", rows, 0);
  const resolved = checkTrainerOptions(options, graph);
  const areLabels = labels ?? resolved.loss.name === "crossEntropy";
  const setup = layOutSetup(graph, resolved, 0);
  const capacity = rows === 0 ? batchSize : Math.min(batchSize, rows);
  const augmentation = resolveAugment("options.augment", augment, graph);
  const form = { capacity, areLabels, areWeighted: resolved.classWeights !== undefined, accumulates: accumulate > 1, augment: augmentation };
  const target = { graph, parameterBlock: 0, threads: plannedThreads(graph.count) };
  const network = graph.total * 4;
  const plan = planBytes(target, setup, form);
  const data = rows === 0 ? 0 : DataBlock.bytes(graph, { ...form, rows });
  const core = network + setup.bytes + plan + data;
  const copies = network + setup.lasting;
  return { parameters: graph.count, network, trainer: setup.bytes, plan, data, core, copies, total: core + copies };
}
