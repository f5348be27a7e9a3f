import { State } from "../../assembly/records";
import { copyRows, countRows, type Labels, type Rows } from "../data/rows";
import type { Network } from "../network/network";
import { checkData, copyTargets, type Targets } from "./dataBlock";
import type { LossName } from "./losses";
import type { TrainingPlan } from "./plan";

/** Checks the shapes of a batch that a user brings. @throws DeltawasmError type, shape, empty */
export function checkBatch(x: Rows, y: Rows | Labels, network: Network, loss: LossName): Targets {
  // Counted here first, so that the message names the argument.
  countRows("x", x, network.inputs);
  return checkData("batch", { x, y }, network, loss);
}

/** Copies a checked batch to the plan's x and y, and its number of rows to the state. @throws DeltawasmError nonFinite, type, label */
export function loadBatch(
  network: Network, plan: TrainingPlan, state: number, x: Rows, y: Rows | Labels, { rows, areLabels }: Targets,
): void {
  const { heap } = network.engine;
  copyRows(heap, plan.x.address, plan.x.ld, "x", x, network.inputs, 0, rows);
  copyTargets(heap, plan.y.address, plan.y.ld, "batch", y, network.outputs, areLabels, 0, rows);
  heap.d[state / 8 + State.rows] = rows;
}
