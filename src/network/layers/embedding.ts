import { EmbeddingForward, EmbeddingWeightGradient, Op } from "../../../assembly/records";
import { checkInteger, checkOptions } from "../../core/check";
import { DeltawasmError } from "../../core/errors";
import { record, shared, work } from "../../plan/record";
import { type Initializer, initialFill } from "../initialisers";
import { tableLayout } from "../layouts";
import { showShape } from "../shape";
import { checkInitializer } from "./initializerOption";
import { layerKeys, type LayerOptions, type LayerType } from "./layer";

/** Options of `embedding`. */
export interface EmbeddingOptions extends LayerOptions {
  /** How the table starts. Default normal with mean 0 and deviation 1. For spreads that go by fans, fanIn is `size`, fanOut `count`. */
  initializer?: Initializer;
}

/** An embedding as plain data. */
export interface EmbeddingSpec extends EmbeddingOptions {
  /** Which layer it is. */
  type: "embedding";
  /** Rows of the table: indices go from 0 to count − 1. From 1 to 16,777,216. */
  count: number;
  /** Numbers of each row, 1 to 1,048,576. */
  size: number;
}

/**
 * A table of `count` vectors, looked up by number, as `nn.Embedding`: [length] → [length, size]. It stands directly on the network's
 * input, each of whose numbers is the index of a row: a whole number from 0 to count − 1. Its weight is [count, size].
 *
 * The gradient is that of the whole table, zero for the rows that a batch doesn't name; optimizers with momentum, decay and penalties
 * move those rows as well. There is no padding index: a row of the table that means "nothing here" is trained as any other.
 * `Network.create` checks what it is given.
 *
 * @param count rows of the table, 1 to 16,777,216 (2^24: as far as 32-bit floats tell whole numbers apart)
 * @param size numbers of each row, 1 to 1,048,576
 *
 * @example Network.create({ input: 20, layers: [embedding(5000, 32), flatten(), dense(2, "softmax")] })
 */
export function embedding(count: number, size: number, options: EmbeddingOptions = {}): EmbeddingSpec {
  return { type: "embedding", count, size, ...options };
}

const LARGEST_COUNT = 2 ** 24;
const LARGEST_SIZE = 2 ** 20;

export const embeddingLayer: LayerType<EmbeddingSpec> = {
  check(where, spec) {
    checkOptions(where, spec, layerKeys("count", "size", "initializer"));
    checkInteger(`${where}.count`, spec.count, 1, LARGEST_COUNT);
    checkInteger(`${where}.size`, spec.size, 1, LARGEST_SIZE);
    if (spec.initializer !== undefined) checkInitializer(`${where}.initializer`, spec.initializer);
  },

  indexLimit: (spec) => spec.count,

  shape(where, spec, [input]) {
    if (input.length === 1) return [input[0], spec.size];
    throw new DeltawasmError("shape", `${where}: expected a row of indices [length] as its input, got ${showShape(input)}`);
  },

  parameters({ count, size, initializer = { type: "normal", mean: 0, deviation: 1 } }) {
    return [{
      name: "weight", role: "weight", shape: [count, size], layout: tableLayout(count, size), fill: initialFill(initializer, size, count),
    }];
  },

  compile({ count, size }, { builder, x, parameters: [w], trains }) {
    const points = x.cols;
    const y = builder.tensor(size, trains, points);
    const given = { x: x.address, ldx: x.ld };
    const effort = work.pass(builder.capacity * points * size);
    builder.forward.push(shared(effort, record(Op.EmbeddingForward, EmbeddingForward, {
      ...given, y: y.address, ldy: y.ld, w: w.value, cols: size,
    }, points)));
    if (builder.training && w.gradient) {
      x.saved = true;
      builder.emitBackward([shared(effort + work.pass(count * size), record(Op.EmbeddingWeightGradient, EmbeddingWeightGradient, {
        ...given, dw: w.gradient, dy: y.gradient, lddy: y.ld, count, cols: size,
      }, points))]);
    }
    return y;
  },
};
