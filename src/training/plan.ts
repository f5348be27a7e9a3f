import {
  BLOCK, CheckGradient, ClipNorm, ClipValue, DEPTH_BLOCK, Loss, MeanLoss, Op, Optimize, Optimizer, RECORD_WORDS, Scale, SmallStep, SquareSums,
  TakeBatch,
} from "../../assembly/records";
import type { Network } from "../network/network";
import { compileGraph, type Graph } from "../network/graph";
import { type ImmediateUpdate, PlanBuilder, type Reused, rowStride, type Tensor, writeRecords } from "../plan/builder";
import { record, shared, work } from "../plan/record";
import { type RecordList, recordList } from "../plan/run";
import { smallLayers } from "../plan/small";
import type { DataBlock } from "./dataBlock";
import type { TrainingSetup } from "./setup";

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

/** What a plan is compiled for. */
export interface PlanTarget {
  graph: Graph;
  /** Address of the flat vector of parameters. */
  parameterBlock: number;
  /** Threads that each have scratch. */
  threads: number;
}

/** Compiles and writes the operations into a block of the network. */
export function createTrainingPlan(network: Network, setup: TrainingSetup, capacity: number, areLabels: boolean): TrainingPlan {
  const { engine, graph, parameterBlock } = network;
  const target = { graph, parameterBlock, threads: engine.team?.size ?? 1 };
  const { size, reused } = compile(target, setup, capacity, areLabels, 0).builder;
  const { builder, plan, lists } = compile(target, setup, capacity, areLabels, network.allocate(size), reused);
  const { heap } = engine;
  builder.writeConstants(heap);
  for (const [list, records] of lists) writeRecords(heap, list.address, records);
  return plan;
}

/** Bytes that a plan takes. */
export function planBytes(target: PlanTarget, setup: TrainingSetup, capacity: number, areLabels: boolean): number {
  return compile(target, setup, capacity, areLabels, 0).builder.size;
}

function compile(target: PlanTarget, setup: TrainingSetup, capacity: number, areLabels: boolean, base: number, reused?: Reused) {
  const { graph, parameterBlock } = target;
  const builder = new PlanBuilder(base, capacity, true, target.threads, reused);
  builder.immediateUpdate = immediateUpdate(target, setup, capacity);
  const x = builder.input(graph.inputs);
  const yStride = areLabels ? 1 : rowStride(graph.outputs);
  const y = { address: builder.reserve(capacity * yStride * 4), ld: areLabels ? 0 : yStride };
  const output = compileGraph(graph, builder, x, parameterBlock, setup.gradients, setup.loss.fused);
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
    g: setup.gradients, w: parameterBlock, count: graph.length,
  }));
  const advance = record(Op.Advance, {}, {});
  const clips = clipRecords(graph, setup, builder);
  const epochUpdate = builder.immediateUpdate
    ? [advance, ...builder.backwardUpdating, optimizeRecord(target, setup, graph.decayed)]
    : [...builder.backward, ...clips, advance, optimizeRecord(target, setup, 0)];
  const stepUpdate = [...clips, check, advance, optimizeRecord(target, setup, 0)];
  const small = isPlainSgd(setup, capacity) ? smallLayers(builder.forward, builder.backward) : undefined;
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

/** One row at a time by SGD, with nothing beside: what SmallStep can do. */
function isPlainSgd({ optimizer, penalises, clipsValue, clipsNorm }: TrainingSetup, capacity: number): boolean {
  return capacity === 1 && optimizer.code === Optimizer.sgd && !penalises && !clipsValue && !clipsNorm;
}

function list(builder: PlanBuilder, records: Int32Array[]): [RecordList, Int32Array[]] {
  const address = builder.reserve(records.length * RECORD_WORDS * 4);
  return [recordList(address, records, builder.reused.scratch), records];
}

/**
 * Weights may be updated one by one unless gradients are clipped first, or come in several passes over the rows of a large batch.
 */
function immediateUpdate({ parameterBlock }: PlanTarget, setup: TrainingSetup, capacity: number): ImmediateUpdate | undefined {
  if (setup.clipsValue || setup.clipsNorm || capacity > DEPTH_BLOCK) return undefined;
  const [slot1, slot2] = setup.slots.map((slot) => (slot === 0 ? 0 : slot - parameterBlock));
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
function optimizeRecord({ graph, parameterBlock }: PlanTarget, setup: TrainingSetup, first: number): Int32Array {
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
