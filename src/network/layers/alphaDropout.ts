import { SELU_ALPHA, SELU_SCALE } from "../../../assembly/records";
import { checkOptions } from "../../core/check";
import { checkRate, compileDropout } from "./dropout";
import { layerKeys, type LayerOptions, type LayerType } from "./layer";

/** Options of `alphaDropout`. */
export type AlphaDropoutOptions = LayerOptions;

/** An alpha dropout layer as plain data. */
export interface AlphaDropoutSpec extends AlphaDropoutOptions {
  /** Which layer it is. */
  type: "alphaDropout";
  /** The share of numbers that it drops, from 0 to below 1. Default 0.5. */
  rate?: number;
}

/**
 * Dropout for self-normalising networks, as `nn.AlphaDropout`: while training each number is, with the probability `rate`, set to α′ = −λα,
 * where selu saturates; then all become a·x + b, which keeps a mean of 0 and a variance of 1 as they are:
 * a = ((1 − rate)(1 + rate·α′²))^−½, b = −a·α′·rate. In predictions and evaluations nothing is done. What comes out has the shape of
 * what goes in. Klambauer, Unterthiner, Mayr, Hochreiter, "Self-Normalizing Neural Networks", 2017. `Network.create` checks
 * what it is given.
 *
 * @param rate the share that is dropped, from 0 (nothing is done) to below 1; default 0.5
 *
 * @example Network.create({ input: 784, layers: [dense(128, "selu"), alphaDropout(0.1), dense(10, "softmax")] })
 */
export function alphaDropout(rate = 0.5, options: AlphaDropoutOptions = {}): AlphaDropoutSpec {
  return { type: "alphaDropout", rate, ...options };
}

/** What selu comes down to. */
const LEAST = -SELU_SCALE * SELU_ALPHA;

export const alphaDropoutLayer: LayerType<AlphaDropoutSpec> = {
  check(where, spec) {
    checkOptions(where, spec, layerKeys("rate"));
    checkRate(`${where}.rate`, spec.rate);
  },
  shape: (_where, _spec, [input]) => input,
  parameters: () => [],
  compile({ rate = 0.5 }, context) {
    const a = 1 / Math.sqrt((1 - rate) * (1 + rate * LEAST * LEAST));
    const b = -a * LEAST * rate;
    return compileDropout(context, { rate, scale: a, kept: b, dropped: a * LEAST + b });
  },
};
