import { expect, test } from "vitest";
import { batchNorm, dense, flatten, layerNorm, maxout, Network, type NetworkSpec, prelu, reshape } from "../../src/index";
import { createReferenceEngine } from "../../src/reference/engine";
import { takeCourse } from "../support/course";

const specs: [string, NetworkSpec][] = [
  ["of features", {
    input: 7, layers: [dense(13), batchNorm(), prelu({ parameters: "channels" }), maxout(9, 3), layerNorm(), dense(3, "softmax")], seed: 9,
  }],
  ["of sequences and images", {
    input: [6, 4], seed: 10,
    layers: [maxout(5, 2), batchNorm({ affine: false }), layerNorm(), prelu(), reshape([3, 5, 2]), batchNorm(), prelu({ parameters: "channels" }), layerNorm(), flatten(), dense(3, "softmax")],
  }],
];

test.each(specs)("the core trains as the reference does, to the bit: %s", async (_, spec) => {
  const course = { options: { loss: "crossEntropy", optimizer: "adam", l2: 1e-3 }, rows: 21, batchSize: 8, labels: true } as const;
  using network = await Network.create(spec);
  expect(network.inspect().engine).toBe("wasm");
  using twin = Network.createOn(createReferenceEngine("float32"), spec);
  expect(await takeCourse(network, course)).toEqual(await takeCourse(twin, course));
});
