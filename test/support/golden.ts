import { readFileSync } from "node:fs";
import type { ActivationName, ActivationOption } from "../../src/network/activations";
import type { LossName } from "../../src/training/losses";
import type { OptimizerSpec } from "../../src/training/optimizers";

// What make_golden.py writes; test/fixtures/README.md describes it.

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
