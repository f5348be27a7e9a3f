import { State } from "../../assembly/records";
import type { Labels, Rows } from "../data/rows";
import { copyInputs } from "../network/inputs";
import type { Network } from "../network/network";
import { copyTargets, type Targets } from "./dataBlock";
import type { LossName } from "./losses";
import type { TrainingPlan } from "./plan";

/**
 * Copies a checked batch to the plan's x and y, and its number of rows to the state.
 *
 * @throws DeltawasmError nonFinite, type, label, range
 */
export function loadBatch(
  prefix: string, network: Network, loss: LossName, plan: TrainingPlan, state: number, x: Rows, y: Rows | Labels, targets: Targets,
): void {
  const { engine } = network;
  const { rows } = targets;
  copyInputs(network, plan.x, `${prefix}x`, x, 0, rows);
  copyTargets({ engine, address: plan.y.address, stride: plan.y.ld, prefix, y, outputs: network.outputs, loss, targets, from: 0, to: rows });
  engine.heap.d[state / 8 + State.rows] = rows;
}
