import { DRAWN_ROOM, GaussianNoise, Op } from "../../../assembly/records";
import { checkNumber, checkOptions } from "../../core/check";
import { splitSeed } from "../../core/seed";
import { record, shared, work } from "../../plan/record";
import { likeness } from "./dropout";
import { layerKeys, type LayerOptions, type LayerType } from "./layer";

/** Options of `gaussianNoise`. */
export type GaussianNoiseOptions = LayerOptions;

/** A layer of noise as plain data. */
export interface GaussianNoiseSpec extends GaussianNoiseOptions {
  /** Which layer it is. */
  type: "gaussianNoise";
  /** The standard deviation of the noise, at least 0. */
  deviation: number;
}

/**
 * Noise: while training a normal number of mean 0 and the given standard deviation is added to each number; in predictions and evaluations
 * nothing is done. What comes out has the shape of what goes in. As Keras' `GaussianNoise`; on the network's input it is
 * training with noise (Bishop, Neural Computation 7, 1995). `Network.create` checks what it is given.
 *
 * The noise is chosen by the network's seed, the layer and the count of batches trained on: the same training meets the same noise.
 *
 * @param deviation standard deviation of the noise, in the units of the numbers that go in, from 0 (nothing is done) to 1e18
 *
 * @example Network.create({ input: 8, layers: [gaussianNoise(0.1), dense(16, "tanh"), dense(1)] })
 */
export function gaussianNoise(deviation: number, options: GaussianNoiseOptions = {}): GaussianNoiseSpec {
  return { type: "gaussianNoise", deviation, ...options };
}

export const gaussianNoiseLayer: LayerType<GaussianNoiseSpec> = {
  check(where, spec) {
    checkOptions(where, spec, layerKeys("deviation"));
    checkNumber(`${where}.deviation`, spec.deviation, { min: 0, max: 1e18 });
  },
  shape: (_where, _spec, [input]) => input,
  parameters: () => [],
  compile({ deviation }, context) {
    const { builder, x, random } = context;
    if (!builder.training || deviation === 0) return x;
    // The gradient by y is that by x: both are one tensor.
    const y = x.saved ? likeness(context, x.gradient) : x;
    const [seedLow, seedHigh] = splitSeed(random.seed);
    const [numbers] = builder.scratch(DRAWN_ROOM);
    builder.forward.push(shared(work.functions(builder.capacity * x.points * x.cols), record(Op.GaussianNoise, GaussianNoise, {
      y: y.address, x: x.address, cols: x.cols, ld: x.ld, deviation: builder.constant(deviation), seedLow, seedHigh, stream: random.stream,
      numbers,
    }, x.points)));
    return y;
  },
};
