import { RECORD_WORDS, State, STATE_LENGTH } from "../../assembly/records";
import { checkInteger, checkOptions } from "../core/check";
import { currentEngine } from "../core/init";
import { newFloats } from "../core/memory";
import { copyRows, countRows, type Rows } from "../data/rows";
import { checkShape, sizeOf } from "../network/shape";
import { PlanBuilder, type Reused, writeRecords } from "../plan/builder";
import { augmentRecords } from "./augment";
import { type AugmentOptions, resolveAugment, type ResolvedAugment } from "./augmentOptions";

/** Which images `augmentImages` makes. */
export interface AugmentImagesOptions {
  /** That of the network, a whole number from 0 on. Default 0. */
  seed?: number;
  /** Batches trained on before this one. Default 0. */
  step?: number;
}

/**
 * What `augment` makes of images, to be looked at before a training: to the bit what a network with this seed sees in the batch `step` of its
 * trainer, if the rows come in this order.
 *
 * @param x rows of channels · height · width numbers: flat, or an array of rows
 * @param augment the options of `fit`, with their `shape`
 * @returns as many rows, one after the other
 * @throws DeltawasmError `type`, `shape`, `empty`, `nonFinite`, `range`, `unknown`, `memory`
 *
 * @example const seen = await augmentImages(x, { shape: [1, 28, 28], rotate: 15, elastic: { alpha: 34, sigma: 4 } }, { step: 3 });
 */
export async function augmentImages(x: Rows, augment: AugmentOptions, options: AugmentImagesOptions = {}): Promise<Float32Array> {
  const { seed = 0, step = 0 } = checkOptions("options", options, ["seed", "step"]) as AugmentImagesOptions;
  checkInteger("options.seed", seed, 0);
  checkInteger("options.step", step, 0);
  const shape = checkShape("augment.shape", (augment as AugmentOptions | undefined)?.shape);
  const resolved = resolveAugment("augment", augment, { inputShape: shape, indexLimit: undefined });
  const size = sizeOf(shape), rows = countRows("x", x, size);
  const engine = await currentEngine(0);
  const { heap } = engine;
  const { size: bytes, reused } = compile(rows, size, resolved, seed, 0).builder;
  const block = heap.allocate(bytes);
  try {
    const { builder, state, batch, list, records } = compile(rows, size, resolved, seed, block, reused);
    copyRows(engine, batch.address, batch.ld, "x", x, size, 0, rows);
    builder.writeConstants(heap);
    writeRecords(heap, list, records);
    heap.d[state / 8 + State.rows] = rows;
    heap.d[state / 8 + State.pass] = step;
    engine.run(state, list, records.length, 1);
    const result = newFloats(rows * size);
    for (let row = 0, from = batch.address / 4; row < rows; row++, from += batch.ld) result.set(heap.f.subarray(from, from + size), row * size);
    return result;
  } finally {
    heap.free(block);
  }
}

function compile(rows: number, size: number, augment: ResolvedAugment | undefined, seed: number, base: number, reused?: Reused) {
  const builder = new PlanBuilder(base, rows, true, 1, reused);
  const state = builder.reserve(STATE_LENGTH * 8);
  const batch = builder.input(size);
  const records = augmentRecords(builder, batch, augment, seed);
  return { builder, state, batch, records, list: builder.reserve(records.length * RECORD_WORDS * 4) };
}
