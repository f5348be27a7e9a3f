import { checkOptions } from "../../core/check";
import { DeltawasmError } from "../../core/errors";
import { flat } from "../../plan/arrange";
import { checkShape, showShape, sizeOf } from "../shape";
import { layerKeys, type LayerOptions, type LayerType } from "./layer";

/** A reshape layer as plain data. */
export interface ReshapeSpec extends LayerOptions {
  /** Which layer it is. */
  type: "reshape";
  /** [features], [length, features] or [channels, height, width]. */
  shape: readonly number[];
}

/**
 * The same numbers in the same order as another shape, as `nn.Unflatten` and `reshape`.
 *
 * @param shape [features], [length, features] or [channels, height, width], of as many numbers as come in
 *
 * @example [dense(8 * 7 * 7, "relu"), reshape([8, 7, 7]), conv2d(16, 3, "relu")]
 */
export function reshape(shape: readonly number[], options: LayerOptions = {}): ReshapeSpec {
  return { type: "reshape", shape, ...options };
}

export const reshapeLayer: LayerType<ReshapeSpec> = {
  check(where, spec) {
    checkOptions(where, spec, layerKeys("shape"));
    checkShape(`${where}.shape`, spec.shape);
  },
  shape(where, { shape }, [input]) {
    if (sizeOf(shape) !== sizeOf(input)) {
      throw new DeltawasmError("shape", `${where}.shape: expected a shape of ${sizeOf(input)} numbers, as many as come in as ${showShape(input)}, got ${showShape(shape)}, which has ${sizeOf(shape)}`);
    }
    return shape;
  },
  parameters: () => [],
  // Whoever wants points of it, converts it.
  compile: (_spec, { builder, x, inputShapes }) => flat(builder, x, inputShapes[0]),
};
