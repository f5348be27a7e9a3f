import { Op, RECORD_WORDS, State, STATE_LENGTH } from "../assembly/records";
import type { Engine } from "../src/core/engine";
import { conv2d, conv2dLayer } from "../src/network/layers/conv2d";
import { matrixOf, type Shape, sizeOf } from "../src/network/shape";
import { PlanBuilder, writeRecords } from "../src/plan/builder";
import type { Case } from "./measure";

/** What of a convolution is measured: forward, the gradient by the weights, that by the inputs, or all three. */
export type Part = "forward" | "dw" | "dx" | "all";

export interface ConvShape {
  name: string;
  image: Shape;
  channels: number;
  kernel: number;
  stride?: number;
  groups?: number;
  batch: number;
  parts: readonly Part[];
}

const specOf = ({ channels, kernel, stride = 1, groups = 1 }: ConvShape) => (
  conv2d(channels, kernel, "linear", { stride, groups, padding: kernel >> 1 })
);

/** Multiplications and additions. */
function workOf(c: ConvShape, part: Part): number {
  const [, ...grid] = conv2dLayer.shape("conv2d", specOf(c), [c.image]);
  const [{ shape }] = conv2dLayer.parameters(specOf(c), [c.image]);
  return 2 * c.batch * sizeOf(grid) * sizeOf(shape) * (part === "all" ? 3 : 1);
}

/** Products of a convolution with padding, by the records that the layer emits. */
export function convCase(engine: Engine, c: ConvShape, part: Part): Case {
  const { name, image, channels, batch } = c;
  const { heap } = engine;
  const spec = specOf(c);
  const outputShape = conv2dLayer.shape("conv2d", spec, [image]);
  const [{ layout }] = conv2dLayer.parameters(spec, [image]);
  const layOut = (base: number, reused?: PlanBuilder["reused"]) => {
    const builder = new PlanBuilder(base, batch, true, 1, reused);
    const state = builder.reserve(STATE_LENGTH * 8);
    const { points, cols } = matrixOf(image);
    const needsGradient = part === "dx" || part === "all";
    const x = needsGradient || image[0] > 1 ? builder.tensor(cols, needsGradient, points) : builder.input(sizeOf(image));
    const [w, dw, bias, dbias] = [layout.length, layout.length, channels + 8, channels + 8].map((count) => builder.reserve(count * 4));
    const z = conv2dLayer.compile(spec, {
      builder, inputs: [x], x, inputShapes: [image], outputShape, parameters: [{ value: w, gradient: dw }, { value: bias, gradient: dbias }],
      trains: true, frozen: false, activationInLoss: false, random: { seed: 0, stream: 0 },
    });
    const records = builder.reserve(RECORD_WORDS * 16);
    const isOfWeights = (words: Int32Array) => words[0] === Op.ConvWeightGradient;
    const list = part === "all" ? [...builder.forward, ...builder.backward]
      : part === "forward" ? builder.forward : builder.backward.filter((words) => isOfWeights(words) === (part === "dw"));
    return { builder, state, x, w, z, records, list };
  };
  const { size, reused } = layOut(0).builder;
  const block = heap.allocate(size);
  const { builder, state, x, w, z, records, list } = layOut(block, reused);
  heap.d[state / 8 + State.rows] = batch;
  const fill = (address: number, count: number) => engine.fillUniform(address, count, -1, 1, { seed: 1, stream: address, step: 0 });
  fill(x.address, batch * x.points * x.ld);
  fill(z.gradient, batch * z.points * z.ld);
  fill(w, layout.length);
  builder.writeConstants(heap);
  writeRecords(heap, records, list);
  return {
    case: `conv-${name}-${part}`, engine: "wasm", build: "simd", threads: 1, unit: "GFLOP/s",
    run: (times) => {
      engine.run(state, records, list.length, times);
    },
    toUnit: (seconds) => workOf(c, part) / seconds / 1e9,
    end: () => heap.free(block),
  };
}

/** A hidden layer and a first one, of images as small as MNIST's and CIFAR's, and layers with a stride and with few points. */
const convShapes: ConvShape[] = [
  { name: "28x28x32-64-k3", image: [32, 28, 28], channels: 64, kernel: 3, batch: 32, parts: ["forward", "dw", "dx", "all"] },
  { name: "28x28x1-16-k3", image: [1, 28, 28], channels: 16, kernel: 3, batch: 32, parts: ["forward", "dw"] },
  { name: "32x32x3-32-k3", image: [3, 32, 32], channels: 32, kernel: 3, batch: 32, parts: ["forward", "dw"] },
  { name: "28x28x32-64-k3-s2", image: [32, 28, 28], channels: 64, kernel: 3, stride: 2, batch: 32, parts: ["forward", "dw", "dx"] },
  { name: "7x7x128-128-k3", image: [128, 7, 7], channels: 128, kernel: 3, batch: 32, parts: ["forward", "dw", "dx"] },
];

/** What is measured of each. */
export const convParts = convShapes.flatMap((shape) => (
  shape.parts.map((part) => ({ name: `conv-${shape.name}-${part}`, shape, part, flops: workOf(shape, part) }))
));
