import { checkOptions } from "../../core/check";
import { flat } from "../../plan/arrange";
import { sizeOf } from "../shape";
import { layerKeys, type LayerOptions, type LayerType } from "./layer";

/** A flatten layer as plain data. */
export interface FlattenSpec extends LayerOptions {
  /** Which layer it is. */
  type: "flatten";
}

/**
 * Makes one row of numbers of an image or a sequence, as `nn.Flatten`: channel after channel, position after position.
 *
 * @example [conv2d(8, 3, "relu"), flatten(), dense(10, "softmax")]
 */
export function flatten(options: LayerOptions = {}): FlattenSpec {
  return { type: "flatten", ...options };
}

export const flattenLayer: LayerType<FlattenSpec> = {
  check(where, spec) {
    checkOptions(where, spec, layerKeys());
  },
  shape: (_where, _spec, [input]) => [sizeOf(input)],
  parameters: () => [],
  compile: (_spec, { builder, x, inputShapes }) => flat(builder, x, inputShapes[0]),
};
