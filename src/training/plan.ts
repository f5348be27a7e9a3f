import {
  BLOCK, CheckGradient, ClipNorm, ClipValue, Loss, Op, Optimize, Optimizer, RECORD_WORDS, Scale, SmallStep, SquareSums, TakeBatch,
} from "../../assembly/records";
import { compileGraph } from "../network/compile";
import type { Graph } from "../network/graph";
import type { Network } from "../network/network";
import { type ImmediateUpdate, PlanBuilder, type Reused, type Tensor, writeRecords } from "../plan/builder";
import { record, shared, work } from "../plan/record";
import { type RecordList, recordList } from "../plan/run";
import { smallLayers } from "../plan/small";
import { type Batch, lossRecords, reserveBatch, takeRecords } from "./batchRecords";
import type { DataBlock } from "./dataBlock";
import type { PlanForm } from "./planSlot";
import type { TrainingSetup } from "./setup";

/** A trainer's operations. */
export interface TrainingPlan extends Batch, PlanForm {
  block: number;
  output: Tensor;
  /** The second record takes a batch from a data block; `attach` says which. */
  epoch: RecordList;
  /** The same step on a batch that is in x and y already, which ends before the update if a gradient is too large. */
  step: RecordList;
  /** The loss of the batch in x and y as training computes it, without touching a parameter or a gradient. */
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

/** Compiles and writes the operations into a block of the network. @throws DeltawasmError memory */
export function createTrainingPlan(network: Network, setup: TrainingSetup, form: PlanForm): TrainingPlan {
  const { engine: { heap, team }, graph, parameterBlock } = network;
  const target = { graph, parameterBlock, threads: team?.size ?? 1 };
  const { size, reused } = compile(target, setup, form, 0).builder;
  const { builder, plan, lists } = compile(target, setup, form, network.allocate(size), reused);
  builder.writeConstants(heap);
  for (const [list, records] of lists) writeRecords(heap, list.address, records);
  return plan;
}

/** Bytes that a plan takes. */
export function planBytes(target: PlanTarget, setup: TrainingSetup, form: PlanForm): number {
  return compile(target, setup, form, 0).builder.size;
}

function compile(target: PlanTarget, setup: TrainingSetup, form: PlanForm, base: number, reused?: Reused) {
  const { graph, parameterBlock } = target;
  const { capacity, areLabels } = form;
  const builder = new PlanBuilder(base, capacity, true, target.threads, reused);
  builder.immediateUpdate = immediateUpdate(target, setup);
  const batch = reserveBatch(builder, graph, areLabels);
  const { frozen } = setup;
  const output = compileGraph(graph, builder, batch.x, {
    parameters: parameterBlock, gradients: setup.gradients, isFrozen: (node) => frozen.has(node), activationInLoss: setup.loss.fused,
  });
  const [loss, lossAlone] = lossRecords(builder, setup.loss, output, batch);
  const forward = [...builder.forward, ...loss];
  const gradient = [...forward, ...builder.backward];
  const check = shared(work.pass(graph.length), record(Op.CheckGradient, CheckGradient, {
    g: setup.gradients, w: parameterBlock, count: graph.length,
  }));
  const clips = clipRecords(graph, setup, builder);
  const update = (updated?: ReadonlySet<number>) => [...builder.update, record(Op.Advance, {}, {}), ...optimizeRecords(target, setup, updated)];
  const epochUpdate = builder.immediateUpdate
    ? [...builder.update, record(Op.Advance, {}, {}), ...builder.backwardUpdating, ...optimizeRecords(target, setup, builder.updated)]
    : [...builder.backward, ...clips, ...update()];
  const small = isPlainSgd(setup, capacity) && builder.update.length === 0 ? smallLayers(builder.forward, builder.backward) : undefined;
  const layers = small ? [list(builder, small)] : [];
  const epochRecords = small
    ? [record(Op.SmallStep, SmallStep, {
      layers: layers[0][0].address, count: small.length, loss: setup.loss.code, parameter: loss[0][Loss.parameter], da: output.gradient,
      rowLoss: loss[0][Loss.rowLoss], labels: areLabels ? 1 : 0, xData: 0, xStride: 0, yData: 0, yStride: 0, order: 0,
    })]
    : [...takeRecords(builder, batch), ...forward, ...epochUpdate];
  const lists: [RecordList, Int32Array[]][] = [
    list(builder, epochRecords),
    list(builder, [...gradient, ...clips, check, ...update()]),
    list(builder, [...builder.forward, ...lossAlone]),
    ...layers,
  ];
  const [epoch, step, lossList] = lists.map(([address]) => address);
  const plan: TrainingPlan = {
    ...form, ...batch, block: base, output, epoch, step, loss: lossList, gradient: { ...step, count: gradient.length },
  };
  return { builder, plan, lists };
}

/** One row at a time by SGD, with nothing beside: what SmallStep can do. */
function isPlainSgd({ optimizer, penalises, clipsValue, clipsNorm, frozen }: TrainingSetup, capacity: number): boolean {
  return capacity === 1 && optimizer.code === Optimizer.sgd && !penalises && !clipsValue && !clipsNorm && frozen.size === 0;
}

/** A list of records in memory of the plan. */
export function list(builder: PlanBuilder, records: Int32Array[]): [RecordList, Int32Array[]] {
  const address = builder.reserve(records.length * RECORD_WORDS * 4);
  return [recordList(address, records, builder.reused.scratch), records];
}

/** Weights may be updated one by one unless gradients are clipped first. */
function immediateUpdate({ parameterBlock }: PlanTarget, setup: TrainingSetup): ImmediateUpdate | undefined {
  if (setup.clipsValue || setup.clipsNorm) return undefined;
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

/** The updates of all parameters that are trained, but for those that are `updated` already: by ranges, as long as can be. */
function optimizeRecords({ graph, parameterBlock }: PlanTarget, setup: TrainingSetup, updated?: ReadonlySet<number>): Int32Array[] {
  const frozen = new Set([...setup.frozen].flatMap((node) => node.parameters));
  const ranges: { first: number; end: number }[] = [];
  for (const parameter of graph.parameters) {
    const { role, offset, layout } = parameter;
    if (role === "buffer" || frozen.has(parameter) || updated?.has(parameterBlock + offset * 4)) continue;
    const last = ranges.at(-1);
    if (last?.end === offset) last.end += layout.length;
    else ranges.push({ first: offset, end: offset + layout.length });
  }
  return ranges.map(({ first, end }) => {
    const [slot1, slot2] = setup.slots.map((slot) => (slot === 0 ? 0 : slot + first * 4));
    return shared(work.pass(end - first), record(Op.Optimize, Optimize, {
      kind: setup.optimizer.code, w: parameterBlock + first * 4, g: setup.gradients + first * 4, slot1, slot2,
      decayed: Math.max(0, Math.min(graph.decayed, end) - first), count: end - first,
    }));
  });
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
