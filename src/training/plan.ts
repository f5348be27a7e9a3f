import {
  AccumulateGradient, BLOCK, CheckGradient, ClipNorm, ClipValue, MaxNorm, MeanGradient, Op, Optimize, Optimizer, RECORD_WORDS, Scale,
  ScheduledRate, SkipUnlessDue, SmallStep, SquareSums, TakeBatch,
} from "../../assembly/records";
import { compileGraph } from "../network/compile";
import type { Graph } from "../network/graph";
import type { Network } from "../network/network";
import { type ImmediateUpdate, PlanBuilder, type Reused, type Tensor, writeRecords } from "../plan/builder";
import { record, shared, work } from "../plan/record";
import { type RecordList, recordList } from "../plan/run";
import { smallLayers } from "../plan/small";
import { augmentRecords } from "./augment";
import { type Batch, lossRecords, reserveBatch, takeRecords } from "./batchRecords";
import type { DataBlock } from "./dataBlock";
import type { PlanForm } from "./planSlot";
import type { TrainingSetup } from "./setup";
import { MOST_STEPS } from "./slices";

/** A trainer's operations. */
export interface TrainingPlan extends Batch, PlanForm {
  block: number;
  output: Tensor;
  /** What each node of the graph gives. */
  outputs: readonly Tensor[];
  /** The address of learning rates for the next MOST_STEPS steps; 0 where the rate doesn't change from step to step. */
  rates: number;
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
  const { capacity, areLabels, accumulates } = form;
  const builder = new PlanBuilder(base, capacity, true, target.threads, reused);
  if (!accumulates) builder.immediateUpdate = immediateUpdate(target, setup);
  const batch = reserveBatch(builder, graph, form);
  const output = compileGraph(graph, builder, batch.x, {
    parameters: parameterBlock, gradients: setup.gradients, isFrozen: (node) => setup.frozen.has(node), activationInLoss: setup.loss.fused,
  });
  const loss = lossRecords(builder, setup.loss, output, batch);
  const forward = [...builder.forward, ...loss.records];
  const gradient = [...forward, ...builder.backward];
  const check = shared(work.pass(graph.length), record(Op.CheckGradient, CheckGradient, {
    g: setup.gradients, w: parameterBlock, count: graph.length,
  }));
  const clips = clipRecords(graph, setup, builder);
  const rates = setup.hasRates ? builder.reserve(MOST_STEPS * 8) : 0;
  const advance = [...(rates ? [record(Op.ScheduledRate, ScheduledRate, { rates })] : []), record(Op.Advance, {}, {})];
  const limits = maxNormRecords(target, setup);
  const update = [...clips, ...advance, ...optimizeRecords(target, setup), ...limits];
  const small = isPlainSgd(setup, form) && builder.update.length === 0 ? smallLayers(builder.forward, builder.backward) : undefined;
  const layers = small ? [list(builder, small)] : [];
  const epochUpdate = builder.immediateUpdate
    ? [...builder.update, ...advance, ...builder.backwardUpdating, ...optimizeRecords(target, setup, builder.updated), ...limits]
    : [...builder.backward, ...builder.update, ...(accumulates ? accumulated(builder, graph, setup, update) : update)];
  const augmented = augmentRecords(builder, batch.x, form.augment, graph.spec.seed ?? 0);
  const epochRecords = small
    ? [record(Op.SmallStep, SmallStep, {
      layers: layers[0][0].address, count: small.length, loss: setup.loss.code, parameter: loss.parameter, da: output.gradient,
      rowLoss: loss.rowLoss, labels: areLabels ? 1 : 0, xData: 0, xStride: 0, yData: 0, yStride: 0, order: 0,
    })]
    : [...takeRecords(builder, batch), ...augmented, ...forward, ...epochUpdate];
  const lists: [RecordList, Int32Array[]][] = [
    list(builder, epochRecords),
    list(builder, [...gradient, ...clips, check, ...builder.update, ...advance, ...optimizeRecords(target, setup), ...limits]),
    list(builder, [...builder.forward, ...loss.alone]),
    ...layers,
  ];
  const [epoch, step, lossList] = lists.map(([address]) => address);
  const plan: TrainingPlan = {
    ...form, ...batch, block: base, output, outputs: builder.outputs, rates, epoch, step, loss: lossList, gradient: { ...step, count: gradient.length },
  };
  return { builder, plan, lists };
}

/** Sums the gradients of batches, and leaves the update out until there are enough of them. */
function accumulated(builder: PlanBuilder, { length: count }: Graph, { gradients: g }: TrainingSetup, update: Int32Array[]): Int32Array[] {
  const sum = builder.reserve(count * 4);
  const pass = (words: Int32Array) => shared(work.pass(count), words);
  const due = [pass(record(Op.MeanGradient, MeanGradient, { g, sum, count })), record(Op.ResetCount, {}, {}), ...update];
  return [
    pass(record(Op.AccumulateGradient, AccumulateGradient, { sum, g, count })), record(Op.CountBatch, {}, {}),
    record(Op.SkipUnlessDue, SkipUnlessDue, { records: due.length }), ...due,
  ];
}

/** Limits the weights of each unit that is trained, where there is a limit. */
function maxNormRecords({ graph, parameterBlock }: PlanTarget, { limitsNorm, frozen }: TrainingSetup): Int32Array[] {
  if (!limitsNorm) return [];
  const trained = graph.nodes.filter((node) => !frozen.has(node)).flatMap((node) => node.parameters);
  return trained.flatMap(({ layout, offset }) => (layout.panels ?? []).map(({ at, inputs, outputs }) => (
    shared(work.pass(inputs * outputs), record(Op.MaxNorm, MaxNorm, { w: parameterBlock + (offset + at) * 4, inputs, outputs }))
  )));
}

/** One row at a time by SGD, with nothing beside: what SmallStep can do. */
function isPlainSgd(setup: TrainingSetup, { capacity, areWeighted, accumulates, augment }: PlanForm): boolean {
  const { optimizer, penalises, clipsValue, clipsNorm, limitsNorm, hasRates, frozen } = setup;
  const isPlain = !penalises && !clipsValue && !clipsNorm && !limitsNorm && !hasRates && frozen.size === 0;
  return capacity === 1 && optimizer.code === Optimizer.sgd && isPlain && !areWeighted && !accumulates && !augment;
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
  if (!isSmall) i[word + TakeBatch.weightsData] = data.weights;
}
