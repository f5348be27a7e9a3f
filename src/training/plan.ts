import {
  BLOCK, CheckGradient, ClipNorm, ClipValue, DEPTH_BLOCK, Loss, MeanLoss, Op, Optimize, Optimizer, RECORD_WORDS, Scale, SmallStep, SquareSums, State, STATE_LENGTH,
  TakeBatch,
} from "../../assembly/records";
import type { Network } from "../network/network";
import { compileGraph, type Graph } from "../network/graph";
import { type ImmediateUpdate, PlanBuilder, type Reused, rowStride, type Tensor, writeRecords } from "../plan/builder";
import { record, shared, work } from "../plan/record";
import { isShared, type RecordList } from "../plan/run";
import { smallLayers } from "../plan/small";
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
  /** The second record takes a batch from a data block; `attach` says which. */
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
  const { reused } = compile(0).builder;
  const block = network.allocate(compile(0, reused).builder.size);
  const { builder, plan, lists } = compile(block, reused);
  heap.d[setup.block / 8 + State.scratchStride] = reused.scratch;
  builder.writeConstants(heap);
  for (const [list, records] of lists) writeRecords(heap, list.address, records);
  return plan;

  function compile(base: number, reused?: Reused) {
    const builder = new PlanBuilder(base, capacity, true, network.engine.team?.size, reused);
    const { graph } = network;
    builder.immediateUpdate = immediateUpdate(network, setup, capacity);
    const x = builder.input(graph.inputs);
    const yStride = areLabels ? 1 : rowStride(graph.outputs);
    const y = { address: builder.reserve(capacity * yStride * 4), ld: areLabels ? 0 : yStride };
    const output = compileGraph(graph, builder, x, network.parameterBlock, setup.gradients, setup.loss.fused);
    const rowLoss = builder.reserve(capacity * 4);
    const parameter = setup.loss.parameter === 0 ? 0 : builder.constant(setup.loss.parameter);
    const kind = setup.loss.code;
    const lossRecords = (da: number) => [
      shared(work.functions(capacity * output.cols), record(Op.Loss, Loss, {
        kind, da, a: output.address, y: y.address, cols: output.cols, ld: output.ld, ldy: y.ld, rowLoss, parameter,
      })),
      record(Op.MeanLoss, MeanLoss, { kind, cols: output.cols, rowLoss }),
    ];
    const take = [
      record(Op.NextBatch, {}, {}),
      shared(work.pass(capacity * (x.ld + yStride)), record(Op.TakeBatch, TakeBatch, {
        x: x.address, ldx: x.ld, y: y.address, ldy: yStride, xData: 0, xStride: 0, yData: 0, yStride: 0, order: 0,
      })),
    ];
    const forward = [...builder.forward, ...lossRecords(output.gradient)];
    const gradient = [...forward, ...builder.backward];
    const check = shared(work.pass(graph.length), record(Op.CheckGradient, CheckGradient, {
      g: setup.gradients, w: network.parameterBlock, count: graph.length,
    }));
    const advance = record(Op.Advance, {}, {});
    const clips = clipRecords(graph, setup, builder);
    const epochUpdate = builder.immediateUpdate
      ? [advance, ...builder.backwardUpdating, optimizeRecord(network, setup, graph.decayed)]
      : [...builder.backward, ...clips, advance, optimizeRecord(network, setup, 0)];
    const stepUpdate = [...clips, check, advance, optimizeRecord(network, setup, 0)];
    const small = isPlainSgd(network, setup, capacity) ? smallLayers(builder.forward, builder.backward) : undefined;
    const layers = small ? [list(builder, small)] : [];
    const epochRecords = small
      ? [record(Op.SmallStep, SmallStep, {
        layers: layers[0][0].address, count: small.length, loss: kind, parameter, da: output.gradient, rowLoss,
        labels: areLabels ? 1 : 0, xData: 0, xStride: 0, yData: 0, yStride: 0, order: 0,
      })]
      : [...take, ...forward, ...epochUpdate];
    const lists: [RecordList, Int32Array[]][] = [
      list(builder, epochRecords),
      list(builder, [...gradient, ...stepUpdate]),
      list(builder, [...take, ...builder.forward, ...lossRecords(0)]),
      ...layers,
    ];
    const [epoch, step, evaluation] = lists.map(([address]) => address);
    const plan: TrainingPlan = {
      block: base, capacity, x, y, areLabels, output, epoch, step, evaluation,
      loss: { ...evaluation, address: evaluation.address + take.length * RECORD_WORDS * 4, count: evaluation.count - take.length },
      gradient: { ...step, count: gradient.length },
    };
    return { builder, plan, lists };
  }
}

/** One row at a time by SGD, with nothing beside: what SmallStep can do. */
function isPlainSgd(network: Network, setup: TrainingSetup, capacity: number): boolean {
  const { d } = network.engine.heap;
  const penalty = d[setup.block / 8 + State.l1] + d[setup.block / 8 + State.l2];
  return capacity === 1 && setup.optimizer.code === Optimizer.sgd && penalty === 0 && !setup.clipsValue && !setup.clipsNorm;
}

function list(builder: PlanBuilder, records: Int32Array[]): [RecordList, Int32Array[]] {
  const address = builder.reserve(records.length * RECORD_WORDS * 4);
  return [{ address, count: records.length, isShared: isShared(records) }, records];
}

/**
 * Weights may be updated one by one unless gradients are clipped first, or come in several passes over the rows of a large batch.
 */
function immediateUpdate(network: Network, setup: TrainingSetup, capacity: number): ImmediateUpdate | undefined {
  if (setup.clipsValue || setup.clipsNorm || capacity > DEPTH_BLOCK) return undefined;
  const [slot1, slot2] = setup.slots.map((slot) => (slot === 0 ? 0 : slot - network.parameterBlock));
  return { kind: setup.optimizer.code, slot1, slot2 };
}

function clipRecords({ length }: Graph, setup: TrainingSetup, builder: PlanBuilder): Int32Array[] {
  const flat = { g: setup.gradients, count: length };
  const pass = (words: Int32Array) => shared(work.pass(length), words);
  const records: Int32Array[] = [];
  if (setup.clipsValue) records.push(pass(record(Op.ClipValue, ClipValue, flat)));
  if (setup.clipsNorm) {
    const sums = builder.reserve(Math.ceil(length / BLOCK) * 8);
    records.push(
      pass(record(Op.SquareSums, SquareSums, { ...flat, sums })), record(Op.ClipNorm, ClipNorm, { sums, count: length }),
      pass(record(Op.Scale, Scale, flat)),
    );
  }
  return records;
}

/** The update of all parameters from the one at `first` on. */
function optimizeRecord({ graph, parameterBlock }: Network, setup: TrainingSetup, first: number): Int32Array {
  const [slot1, slot2] = setup.slots.map((slot) => (slot === 0 ? 0 : slot + first * 4));
  return shared(work.pass(graph.length - first), record(Op.Optimize, Optimize, {
    kind: setup.optimizer.code, w: parameterBlock + first * 4, g: setup.gradients + first * 4, slot1, slot2,
    decayed: Math.max(0, graph.decayed - first), count: graph.length - first,
  }));
}

/** Makes a list that starts with NextBatch and TakeBatch, or a SmallStep, take its batches from `data`. */
export function attach(network: Network, { address }: RecordList, data: DataBlock): void {
  const { i } = network.engine.heap;
  const isSmall = i[address / 4] === Op.SmallStep;
  const fields = isSmall ? SmallStep : TakeBatch;
  const word = address / 4 + (isSmall ? 0 : RECORD_WORDS);
  i[word + fields.xData] = data.x;
  i[word + fields.xStride] = data.xStride;
  i[word + fields.yData] = data.y;
  i[word + fields.yStride] = data.yStride;
  i[word + fields.order] = data.order;
}
