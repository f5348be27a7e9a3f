import { describe, expect, test } from "vitest";
import {
  activation, alphaDropout, avgPool2d, batchNorm, conv2d, DeltawasmError, dense, depthwiseConv2d, dropout, embedding, flatten, gaussianNoise,
  globalAvgPool2d, layerNorm, type LayerSpec, maxout, maxPool2d, Network, prelu, reshape, residual,
} from "../../src/index";

// Every option of every layer, given what it can't be.

/** None of these is an option of any layer but for those that take numbers, names or flags of their kind. */
const WRONG: unknown[] = [
  null, NaN, -1, 1.5, Infinity, 1e9, "x", "", true, {}, [], [1], [1, "2"], [1, 2, 3], [-1, 1], new Map(), 2n, () => 1, Symbol("s"),
];

/** A layer, what it stands on, and its options with what of WRONG they can be. */
const LAYERS: [layer: LayerSpec, input: number[], options: Record<string, unknown[]>][] = [
  [dense(3), [4], { units: [], activation: [], bias: [true], initializer: [], biasInitializer: [] }],
  [maxout(3, 2), [4], { units: [], pieces: [], bias: [true], initializer: [], biasInitializer: [] }],
  [embedding(5, 3), [4], { count: [], size: [], initializer: [] }],
  [conv2d(4, 3), [4, 6, 6], {
    channels: [], kernel: [], activation: [], stride: [], padding: [], dilation: [], groups: [], bias: [true], initializer: [], biasInitializer: [],
  }],
  [depthwiseConv2d(3), [4, 6, 6], {
    kernel: [], activation: [], multiplier: [], stride: [], padding: [], dilation: [], bias: [true], initializer: [], biasInitializer: [],
  }],
  [maxPool2d(2), [4, 6, 6], { kernel: [], stride: [], padding: [], dilation: [], ceilMode: [true] }],
  [avgPool2d(2), [4, 6, 6], { kernel: [], stride: [], padding: [], ceilMode: [true], countIncludePad: [true] }],
  [globalAvgPool2d(), [4, 6, 6], {}],
  [batchNorm(), [4], { momentum: [], epsilon: [], affine: [true] }],
  [layerNorm(), [4], { epsilon: [], affine: [true] }],
  [dropout(), [4], { rate: [] }],
  [alphaDropout(), [4], { rate: [] }],
  [gaussianNoise(1), [4], { deviation: [1.5, 1e9] }],
  [prelu(), [4], { parameters: [], initial: [-1, 1.5, 1e9] }],
  [flatten(), [4], {}],
  [reshape([4]), [4], { shape: [] }],
  [residual([dense(4)]), [4], { layers: [], activation: [] }],
  [activation("relu"), [4], { activation: [] }],
  [{ type: "add" }, [4], {}],
  [{ type: "concat" }, [4], {}],
];

describe.each(LAYERS)("%j", (layer, input, options) => {
  test.each(Object.entries<unknown[]>({ ...options, name: ["x"], from: [], type: [], misspelt: [] }))("refuses a wrong %s by its name, and takes a right one", async (option, right) => {
    for (const value of [...WRONG, ...right]) {
      let error: unknown;
      try {
        (await Network.create({ input, layers: [{ ...layer, [option]: value } as LayerSpec] })).dispose();
      } catch (caught) {
        error = caught;
      }
      if (right.includes(value)) {
        expect(error).toBe(undefined);
        continue;
      }
      expect(error, String(value)).toBeInstanceOf(DeltawasmError);
      expect((error as DeltawasmError).message.startsWith(`spec.layers[0].${option}`), `${String(value)}: ${(error as DeltawasmError).message}`).toBe(true);
      expect((error as DeltawasmError).code).toMatch(/^(type|range|unknown|empty|conflict|shape)$/);
    }
  });

  test("takes undefined for what it has a default for", async () => {
    for (const option of Object.keys(options)) {
      try {
        (await Network.create({ input, layers: [{ ...layer, [option]: undefined } as LayerSpec] })).dispose();
      } catch (error) {
        expect((error as DeltawasmError).message).toMatch(new RegExp(`^spec\\.layers\\[0\\]\\.${option}: `));
      }
    }
  });
});
