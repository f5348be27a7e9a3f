import { checkOptions } from "../../core/check";
import { checkImage } from "../shape";
import { compileMean } from "./avgPool2d";
import { layerKeys, type LayerOptions, type LayerType } from "./layer";

/** A layer of means over whole images as plain data. */
export interface GlobalAvgPool2dSpec extends LayerOptions {
  /** Which layer it is. */
  type: "globalAvgPool2d";
}

/**
 * The mean of each channel over the whole image, as `nn.AdaptiveAvgPool2d(1)` and `nn.Flatten()` in PyTorch: [channels, height, width]
 * becomes [channels]. Lin, Chen, Yan, "Network in network", ICLR 2014. `Network.create` checks what it is given.
 *
 * @throws DeltawasmError shape: no image goes in
 *
 * @example Network.create({ input: [3, 32, 32], layers: [conv2d(64, 3, "relu"), globalAvgPool2d(), dense(10, "softmax")] })
 */
export function globalAvgPool2d(options: LayerOptions = {}): GlobalAvgPool2dSpec {
  return { type: "globalAvgPool2d", ...options };
}

export const globalAvgPool2dLayer: LayerType<GlobalAvgPool2dSpec> = {
  check: (where, spec) => void checkOptions(where, spec, layerKeys()),
  shape(where, _spec, [image]) {
    checkImage(where, image);
    return [image[0]];
  },
  parameters: () => [],
  compile(_spec, context) {
    const [, height, width] = context.inputShapes[0];
    // One window, as large as the image.
    const axis = (size: number) => ({ size, out: 1, kernel: size, stride: 1, padding: 0, dilation: 1 });
    return compileMean(context, [axis(height), axis(width)], true);
  },
};
