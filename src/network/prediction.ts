import { RECORD_WORDS, STATE_LENGTH } from "../../assembly/records";
import { PlanBuilder, type Reused, type Tensor, writeRecords } from "../plan/builder";
import { type RecordList, recordList } from "../plan/run";
import { compileGraph } from "./compile";
import type { Predictor } from "./predictor";

/** The operations of a prediction, compiled for up to `capacity` rows. */
export interface PredictionPlan {
  block: number;
  capacity: number;
  state: number;
  forward: RecordList;
  x: Tensor;
  output: Tensor;
}

/** Rows that go through a prediction at once, at most. */
export const PREDICTION_ROWS = 128;

/** A plan for `rows`: `existing`, or a new one in its place where that is for fewer. @throws DeltawasmError memory */
export function predictionPlan(network: Predictor, rows: number, existing: PredictionPlan | undefined): PredictionPlan {
  if (existing && existing.capacity >= rows) return existing;
  const { heap } = network.engine;
  const { size, reused } = compile(network, 0, rows).builder;
  const block = network.allocate(size);
  if (existing) network.release(existing.block);
  const { plan, builder } = compile(network, block, rows, reused);
  builder.writeConstants(heap);
  writeRecords(heap, plan.forward.address, builder.forward);
  return plan;
}

function compile(network: Predictor, block: number, capacity: number, reused?: Reused): { plan: PredictionPlan; builder: PlanBuilder } {
  const builder = new PlanBuilder(block, capacity, false, network.engine.team?.size, reused);
  const state = builder.reserve(STATE_LENGTH * 8);
  const x = builder.input(network.graph.inputs);
  const output = compileGraph(network.graph, builder, x, {
    parameters: network.parameterBlock, gradients: 0, isFrozen: () => false, activationInLoss: false,
  });
  const records = builder.reserve(builder.forward.length * RECORD_WORDS * 4);
  const forward = recordList(records, builder.forward, builder.reused.scratch);
  return { plan: { block, capacity, state, forward, x, output }, builder };
}
