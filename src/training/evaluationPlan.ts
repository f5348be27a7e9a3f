import { compileGraph } from "../network/compile";
import type { Network } from "../network/network";
import { PlanBuilder, type Reused, type Tensor, writeRecords } from "../plan/builder";
import type { RecordList } from "../plan/run";
import { type Batch, lossRecords, reserveBatch, takeRecords } from "./batchRecords";
import { list, type PlanTarget } from "./plan";
import type { PlanForm } from "./planSlot";
import type { TrainingSetup } from "./setup";

/** The operations of an evaluation: layers work as in a prediction. */
export interface EvaluationPlan extends Batch, PlanForm {
  block: number;
  output: Tensor;
  /** Takes a batch from a data block and computes its loss, without touching a parameter or a gradient. */
  evaluation: RecordList;
}

/** Compiles and writes the operations into a block of the network. @throws DeltawasmError memory */
export function createEvaluationPlan(network: Network, setup: TrainingSetup, form: PlanForm): EvaluationPlan {
  const { engine: { heap, team }, graph, parameterBlock } = network;
  const target = { graph, parameterBlock, threads: team?.size ?? 1 };
  const { size, reused } = compile(target, setup, form, 0).builder;
  const { builder, plan, records } = compile(target, setup, form, network.allocate(size), reused);
  builder.writeConstants(heap);
  writeRecords(heap, plan.evaluation.address, records);
  return plan;
}

function compile({ graph, parameterBlock, threads }: PlanTarget, setup: TrainingSetup, form: PlanForm, base: number, reused?: Reused) {
  const builder = new PlanBuilder(base, form.capacity, false, threads, reused);
  const batch = reserveBatch(builder, graph, form);
  const output = compileGraph(graph, builder, batch.x, {
    parameters: parameterBlock, gradients: 0, isFrozen: () => false, activationInLoss: setup.loss.fused,
  });
  const { alone } = lossRecords(builder, setup.loss, output, batch);
  const [evaluation, records] = list(builder, [...takeRecords(builder, batch), ...builder.forward, ...alone]);
  return { builder, records, plan: { ...form, ...batch, block: base, output, evaluation } };
}
