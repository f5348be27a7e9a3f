import { readFileSync } from "node:fs";
import type { ActivationName, ActivationOption } from "../../src/network/activations";
import type { NetworkSpec } from "../../src/network/graph";
import type { LossName, LossOption } from "../../src/training/losses";
import type { OptimizerSpec } from "../../src/training/optimizers";

// What make_golden.py and make_layers.py write; test/fixtures/README.md describes it.

export type Tensors = Record<string, number[] | number[][]>;

export interface Task {
  input: number;
  layers: { units: number; activation: ActivationOption }[];
  loss: LossName;
  batchSize: number;
  steps: number;
  x: number[][];
  y: number[] | number[][];
  initialWeights: Tensors;
  entries: Trajectory[];
}

export interface Trajectory {
  name: string;
  optimizer: OptimizerSpec;
  l1: number;
  l2: number;
  clipValue: number | null;
  clipNorm: number | null;
  losses: number[];
  finalWeights: Tensors;
}

export interface Losses {
  input: number;
  hidden: { units: number; activation: ActivationOption };
  outputs: number;
  cases: LossCase[];
}

export interface LossCase {
  name: string;
  loss: LossName;
  parameter: number | null;
  activation: ActivationOption;
  weights: Tensors;
  x: number[][];
  y: number[] | number[][];
  outputs: number[][];
  value: number;
  gradients: Tensors;
  inputGradient: number[][];
}

export interface Activations {
  points: number[];
  activations: { name: ActivationName; options: { slope?: number; alpha?: number }; values: number[]; derivatives: number[] }[];
  softmax: { z: number[]; values: number[]; v: number[]; product: number[] }[];
}

export function readGolden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../fixtures/golden/${name}.json`, import.meta.url), "utf8")) as T;
}

/** As `setParameters` takes them. */
export function flat(tensors: Tensors): Record<string, { data: number[] }> {
  return Object.fromEntries(Object.entries(tensors).map(([name, rows]) => [name, { data: rows.flat() }]));
}

/** A tensor as `setParameters` takes it. */
export interface FlatTensor {
  shape: number[];
  data: number[];
}

/** What make_layers.py writes. */
export interface Layers {
  /** The learning rate of a case's step. */
  stepRate: number;
  cases: LayerCase[];
}

export interface LayerCase {
  name: string;
  spec: NetworkSpec;
  /** null: the network is random while it is trained, only predictions compare. */
  loss: LossOption | null;
  x: number[][];
  y: number[] | number[][] | null;
  parameters: Record<string, FlatTensor>;
  /** Predictions, then loss and gradients in training. */
  outputs: number[];
  value: number;
  gradients: Record<string, number[]>;
  /** Left out where the inputs are class indices. */
  inputGradient?: number[];
  /** Of the rows, and what loss and gradients are with them. */
  weights?: number[];
  weightedValue: number;
  weightedGradients: Record<string, number[]>;
  /** Running statistics and predictions after a step of sgd. */
  statistics: Record<string, number[]>;
  outputsAfter: number[];
  /** From the same parameters again: losses before each update, and all parameters at the end. */
  trajectory?: { steps: number; optimizer: OptimizerSpec; l2: number };
  losses: number[];
  finalParameters: Record<string, number[]>;
}

/** What make_layers.py writes beside a state_dict. */
export interface StateDict {
  spec: NetworkSpec;
  x: number[][];
  outputs: number[][];
}
