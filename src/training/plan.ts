import {
  CheckGradient, ClipNorm, ClipValue, DEPTH_BLOCK, Loss, Op, Optimize, RECORD_WORDS, STATE_LENGTH, TakeBatch,
} from "../../assembly/records";
import type { Network } from "../network/network";
import { compileGraph, type Graph } from "../network/graph";
import { type ImmediateUpdate, PlanBuilder, rowStride, type Tensor, writeRecords } from "../plan/builder";
import { record } from "../plan/record";
import type { DataBlock } from "./dataBlock";
import type { ResolvedLoss } from "./losses";
import type { ResolvedOptimizer } from "./optimizers";

/** What decides the operations of a trainer, and where its lasting memory is. */
export interface TrainingSetup {
  /** State, gradients and optimizer slots, in this order. */
  block: number;
  bytes: number;
  loss: ResolvedLoss;
  optimizer: ResolvedOptimizer;
  clipsValue: boolean;
  clipsNorm: boolean;
  /** Addresses of the flat vectors. */
  gradients: number;
  slots: readonly [number, number];
}

/** Allocates the lasting memory of a trainer. @throws DeltawasmError memory */
export function createSetup(
  network: Network, loss: ResolvedLoss, optimizer: ResolvedOptimizer, clipsValue: boolean, clipsNorm: boolean,
): TrainingSetup {
  const stateBytes = Math.ceil((STATE_LENGTH * 8) / 64) * 64;
  const vector = network.graph.length * 4;
  const bytes = stateBytes + vector * (1 + optimizer.slots);
  const block = network.allocate(bytes);
  const gradients = block + stateBytes;
  const slot = (n: number) => (n <= optimizer.slots ? gradients + n * vector : 0);
  return { block, bytes, loss, optimizer, clipsValue, clipsNorm, gradients, slots: [slot(1), slot(2)] };
}

/** A list of records in memory. */
export interface RecordList {
  address: number;
  count: number;
}

/** A trainer's operations, compiled for batches of up to `capacity` rows. */
export interface TrainingPlan {
  block: number;
  capacity: number;
  x: Tensor;
  /** Targets: rows of numbers `y.ld` apart, or class indices one a row. */
  y: { address: number; ld: number };
  /** Class indices instead of rows. */
  areLabels: boolean;
  output: Tensor;
  /** The first record takes a batch from a data block; `attach` says which. */
  epoch: RecordList;
  /** The same step on a batch that is in x and y already, which ends before the update if a gradient is too large. */
  step: RecordList;
  /** Takes a batch and computes the loss, without touching a parameter or a gradient. */
  evaluation: RecordList;
  /** The same for a batch that is in x and y already. */
  loss: RecordList;
  /** Gradients of the batch in x and y, without an update. */
  gradient: RecordList;
}

/** Compiles and writes the operations into a block of the network. */
export function createTrainingPlan(network: Network, setup: TrainingSetup, capacity: number, areLabels: boolean): TrainingPlan {
  const { heap } = network.engine;
  const { size, scratchSize } = compile(0).builder;
  const block = network.allocate(size + scratchSize);
  const { builder, plan, lists } = compile(block, scratchSize);
  builder.writeConstants(heap);
  for (const [list, records] of lists) writeRecords(heap, list.address, records);
  return plan;

  function compile(base: number, scratchSize = 0) {
    const builder = new PlanBuilder(base, capacity, true, scratchSize);
    const { graph } = network;
    builder.immediateUpdate = immediateUpdate(network, setup, capacity);
    const x = builder.tensor(graph.inputs, false);
    const yStride = areLabels ? 1 : rowStride(graph.outputs);
    const y = { address: builder.reserve(capacity * yStride * 4), ld: areLabels ? 0 : yStride };
    const output = compileGraph(graph, builder, x, network.parameterBlock, setup.gradients, setup.loss.fused);
    const rowLoss = builder.reserve(capacity * 4);
    const parameter = setup.loss.parameter === 0 ? 0 : builder.constant(setup.loss.parameter);
    const lossRecord = (da: number) => record(Op.Loss, Loss, {
      kind: setup.loss.code, da, a: output.address, y: y.address, cols: output.cols, ld: output.ld, ldy: y.ld, rowLoss, parameter,
    });
    const take = record(Op.TakeBatch, TakeBatch, {
      x: x.address, ldx: x.ld, y: y.address, ldy: yStride, xData: 0, xStride: 0, yData: 0, yStride: 0, order: 0,
    });
    const forward = [...builder.forward, lossRecord(output.gradient)];
    const gradient = [...forward, ...builder.backward];
    const check = record(Op.CheckGradient, CheckGradient, {
      g: setup.gradients, w: network.parameterBlock, count: graph.length,
    });
    const advance = record(Op.Advance, {}, {});
    const epochUpdate = builder.immediateUpdate
      ? [advance, ...builder.backwardUpdating, optimizeRecord(network, setup, graph.decayed)]
      : [...builder.backward, ...clipRecords(graph, setup), advance, optimizeRecord(network, setup, 0)];
    const stepUpdate = [...clipRecords(graph, setup), check, advance, optimizeRecord(network, setup, 0)];
    const lists: [RecordList, Int32Array[]][] = [
      list(builder, [take, ...forward, ...epochUpdate]),
      list(builder, [...gradient, ...stepUpdate]),
      list(builder, [take, ...builder.forward, lossRecord(0)]),
    ];
    const [epoch, step, evaluation] = lists.map(([address]) => address);
    const plan: TrainingPlan = {
      block: base, capacity, x, y, areLabels, output, epoch, step, evaluation,
      loss: { address: evaluation.address + RECORD_WORDS * 4, count: evaluation.count - 1 },
      gradient: { address: step.address, count: gradient.length },
    };
    return { builder, plan, lists };
  }
}

function list(builder: PlanBuilder, records: Int32Array[]): [RecordList, Int32Array[]] {
  return [{ address: builder.reserve(records.length * RECORD_WORDS * 4), count: records.length }, records];
}

/**
 * Weights may be updated one by one unless gradients are clipped first, or come in several passes over the rows of a large batch.
 */
function immediateUpdate(network: Network, setup: TrainingSetup, capacity: number): ImmediateUpdate | undefined {
  if (setup.clipsValue || setup.clipsNorm || capacity > DEPTH_BLOCK) return undefined;
  const [slot1, slot2] = setup.slots.map((slot) => (slot === 0 ? 0 : slot - network.parameterBlock));
  return { kind: setup.optimizer.code, slot1, slot2 };
}

function clipRecords({ length }: Graph, setup: TrainingSetup): Int32Array[] {
  const flat = { g: setup.gradients, count: length };
  const records: Int32Array[] = [];
  if (setup.clipsValue) records.push(record(Op.ClipValue, ClipValue, flat));
  if (setup.clipsNorm) records.push(record(Op.ClipNorm, ClipNorm, flat));
  return records;
}

/** The update of all parameters from the one at `first` on. */
function optimizeRecord({ graph, parameterBlock }: Network, setup: TrainingSetup, first: number): Int32Array {
  const [slot1, slot2] = setup.slots.map((slot) => (slot === 0 ? 0 : slot + first * 4));
  return record(Op.Optimize, Optimize, {
    kind: setup.optimizer.code, w: parameterBlock + first * 4, g: setup.gradients + first * 4, slot1, slot2,
    decayed: Math.max(0, graph.decayed - first), count: graph.length - first,
  });
}

/** Makes a list that starts with TakeBatch take its batches from `data`. */
export function attach(network: Network, { address }: RecordList, data: DataBlock): void {
  const { i } = network.engine.heap;
  const word = address / 4;
  i[word + TakeBatch.xData] = data.x;
  i[word + TakeBatch.xStride] = data.xStride;
  i[word + TakeBatch.yData] = data.y;
  i[word + TakeBatch.yStride] = data.yStride;
  i[word + TakeBatch.order] = data.order;
}
