import { State } from "../../assembly/records";
import { copyInputs } from "../network/inputs";
import type { Network } from "../network/network";
import type { Batch } from "./batchRecords";
import { copyTargets, type Data, type DataUse, type Targets } from "./dataBlock";

/**
 * Copies a checked batch to where a plan has it, and its number of rows to the state.
 *
 * @throws DeltawasmError nonFinite, type, label, range
 */
export function loadBatch(prefix: string, network: Network, use: DataUse, batch: Batch, state: number, data: Data, targets: Targets): void {
  const { engine } = network;
  const { rows } = targets;
  copyInputs(network, batch.x, `${prefix}x`, data.x, 0, rows);
  const place = { address: batch.y.address, stride: batch.y.ld, weights: batch.weights };
  copyTargets(engine, place, prefix, data, network.outputs, use, targets, 0, rows);
  engine.heap.d[state / 8 + State.rows] = rows;
}
