import type { Runner } from "../core/engine";
import { checkIndices, copyRows, type Rows } from "../data/rows";
import type { Graph } from "./graph";

/**
 * Copies rows [from, to) of a user's inputs to memory, `ld` floats apart, as the network takes them: numbers, or indices.
 *
 * @throws DeltawasmError nonFinite, type, busy, range: the memory then holds a part of the rows
 */
export function copyInputs(
  { engine, graph }: { engine: Runner; graph: Graph }, { address, ld }: { address: number; ld: number }, name: string, x: Rows,
  from: number, to: number,
): void {
  copyRows(engine, address, ld, name, x, graph.inputs, from, to);
  if (graph.indexLimit !== undefined) checkIndices(engine.heap, address, ld, name, graph.inputs, from, to - from, graph.indexLimit);
}
