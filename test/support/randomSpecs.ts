import {
  activation, type ActivationName, alphaDropout, avgPool2d, batchNorm, conv2d, DeltawasmError, dense, depthwiseConv2d, dropout, embedding, flatten,
  gaussianNoise, globalAvgPool2d, type LayerSpec, layerNorm, maxout, maxPool2d, type NetworkSpec, prelu, reshape, residual,
} from "../../src/index";
import { buildGraph } from "../../src/network/graph";
import type { SeededNumbers } from "./numbers";

type Shape = readonly number[];

/** What a random network may be like. */
export interface RandomSpecOptions {
  /** Only layers that have a derivative everywhere, and no chance. */
  smooth?: boolean;
  /** Numbers of a row in any place, at most. */
  most?: number;
  /** Layers before those that end it. */
  depth?: number;
}

const SMOOTH = ["tanh", "sigmoid", "swish", "gelu", "geluTanh", "softplus", "linear", "softmax"] as const satisfies readonly ActivationName[];
const ALL = [...SMOOTH, "relu", "leakyRelu", "elu", "selu", "hardSigmoid"] as const satisfies readonly ActivationName[];

/** A network of layers of all kinds in a random order, with branches. It ends in one row of numbers. */
export function randomSpec(numbers: SeededNumbers, { smooth = false, most = 500, depth = 5 }: RandomSpecOptions = {}): NetworkSpec {
  const n = numbers;
  const chance = (p: number) => n.uniform(0, 1) < p;
  const between = (low: number, high: number) => low + n.below(high - low + 1);
  const some = <T>(name: string, value: () => T, p = 0.4) => (chance(p) ? { [name]: value() } : {});
  const pair = (low: number, high: number) => (chance(0.5) ? between(low, high) : [between(low, high), between(low, high)] as const);
  const f = () => n.pick<ActivationName>(smooth ? SMOOTH : ALL);
  const bias = () => ({ ...some("bias", () => false, 0.2), ...some("biasInitializer", () => ({ type: "normal", deviation: 0.3 })) });
  let count = 0;
  const name = () => some("name", () => `layer_${count++}`, 0.2);

  const image = (channels: number): LayerSpec[] => {
    const groups = n.pick([1, 1, 1, 2, 3, channels].filter((g) => channels % g === 0));
    const window = { ...some("stride", () => pair(1, 3)), ...some("padding", () => pair(0, 2)), ...some("dilation", () => pair(1, 2), 0.25) };
    const same = { padding: "same" as const, ...some("dilation", () => pair(1, 2), 0.25) };
    const kernel = pair(1, 4);
    const pool = { ...some("stride", () => pair(1, 3)), ...some("padding", () => pair(0, 1), 0.3), ...some("ceilMode", () => true) };
    return [
      conv2d(groups * between(1, chance(0.1) ? 20 : 4), kernel, f(), { ...(chance(0.3) ? same : window), groups, ...bias(), ...name() }),
      conv2d(between(1, 11), kernel, f(), { ...bias(), ...name() }),
      depthwiseConv2d(kernel, f(), { ...(chance(0.3) ? same : window), ...some("multiplier", () => between(1, 3)), ...bias(), ...name() }),
      avgPool2d(kernel, { ...pool, ...some("countIncludePad", () => false) }),
      ...(smooth ? [] : [maxPool2d(kernel, { ...pool, ...some("dilation", () => pair(1, 2), 0.25) })]),
      globalAvgPool2d(),
    ];
  };
  const shapes = (size: number): Shape[] => {
    const divisors = Array.from({ length: size }, (_, k) => k + 1).filter((k) => size % k === 0);
    const a = n.pick(divisors), rest = size / a, b = n.pick(divisors.filter((k) => rest % k === 0));
    return [[size], [a, rest], [a, b, rest / b]];
  };
  const layersFor = (shape: Shape, level: number): LayerSpec => {
    const size = shape.reduce((product, k) => product * k, 1);
    const any: LayerSpec[] = [
      activation(f(), name()), batchNorm({ ...some("affine", () => false, 0.3), ...some("momentum", () => n.uniform(0, 1)), ...name() }),
      layerNorm({ ...some("affine", () => false, 0.3), ...name() }), flatten(), reshape(n.pick(shapes(size)), name()),
      ...(smooth ? [] : [
        dropout(n.pick([0, 0.2, 0.5, 0.9])), alphaDropout(0.2), gaussianNoise(n.pick([0, 0.1, 1])),
        prelu({ parameters: n.pick(["one", "channels"]), ...name() }),
      ]),
      ...(level < 2 ? [residual(chain(shape, between(1, 3), level + 1), { ...some("activation", f), ...name() })] : []),
    ];
    if (shape.length === 3) return n.pick([...image(shape[0]), ...image(shape[0]), ...any]);
    return n.pick([
      dense(between(1, chance(0.2) ? 40 : 9), f(), { ...bias(), ...name() }), dense(between(1, 9), f(), { ...bias(), ...name() }),
      ...(smooth ? [] : [maxout(between(1, 9), between(2, 4), { ...bias(), ...name() })]),
      ...any,
    ]);
  };
  const after = (shape: Shape, layer: LayerSpec): Shape | undefined => {
    try {
      const { outputShape, nodes } = buildGraph({ input: shape, layers: [layer] });
      return [...nodes.map((node) => node.shape), outputShape].every((s) => s.reduce((product, k) => product * k, 1) <= most) ? outputShape : undefined;
    } catch (error) {
      if (error instanceof DeltawasmError) return undefined;
      throw error;
    }
  };
  const nextFor = (shape: Shape, level: number): [LayerSpec, Shape] => {
    for (;;) {
      const layer = layersFor(shape, level);
      const given = after(shape, layer);
      if (given) return [layer, given];
    }
  };
  function chain(shape: Shape, length: number, level: number): LayerSpec[] {
    const layers: LayerSpec[] = [];
    let at = shape;
    for (let k = 0; k < length; k++) {
      const [layer, given] = nextFor(at, level);
      layers.push(layer);
      at = given;
    }
    return layers;
  }

  const isEmbedded = chance(0.15);
  const start: Shape = isEmbedded
    ? [between(1, 9)]
    : n.pick<Shape>([[between(1, 20)], [between(1, 7), between(1, 9)], [between(1, 4), between(2, 9), between(2, 9)], [1, between(4, 12), between(4, 12)]]);
  const layers: LayerSpec[] = [];
  const given: Shape[] = [];
  const open = new Set<number>();
  const put = (layer: LayerSpec, from: readonly number[], shape: Shape) => {
    layers.push({ ...layer, from } as LayerSpec);
    given.push(shape);
    for (const k of from) open.delete(k);
    open.add(layers.length - 1);
  };
  const at = (k: number) => (k < 0 ? start : given[k]);
  const least = isEmbedded ? 0 : -1;
  if (isEmbedded) {
    const size = between(1, 9);
    put(embedding(between(2, 12), size, name()), [-1], [start[0], size]);
  }
  const length = between(1, depth);
  for (let k = 0; k < length; k++) {
    const from = chance(0.7) ? layers.length - 1 : between(least, layers.length - 1);
    if (chance(0.15)) {
      const like = [...given.keys(), ...(least < 0 ? [-1] : [])].filter((other) => at(other).join() === at(from).join());
      const others = Array.from({ length: between(1, 2) }, () => n.pick([...like, from]));
      const inputs = [from, ...others];
      if (chance(0.5)) put({ type: "add" }, inputs, at(from));
      else {
        const axis = at(from).length === 3 ? 0 : at(from).length - 1;
        const joined = at(from).map((size, d) => (d === axis ? size * inputs.length : size));
        if (joined.reduce((product, s) => product * s, 1) <= most) put({ type: "concat" }, inputs, joined);
      }
    } else {
      const [layer, shape] = nextFor(at(from), 0);
      put(layer, [from], shape);
    }
  }
  // All that is open comes together in one row.
  for (const k of [...open]) if (given[k].length > 1) put(flatten(), [k], [given[k].reduce((product, s) => product * s, 1)]);
  if (open.size > 1) put({ type: "concat" }, [...open], [[...open].reduce((sum, k) => sum + given[k][0], 0)]);
  const input = start.length === 1 && chance(0.5) ? start[0] : start;
  if (layers.length === 0) put(flatten(), [-1], [start.reduce((product, s) => product * s, 1)]);
  const last = layers.length - 1;
  layers.push({ ...dense(between(2, 5), n.pick(["softmax", "sigmoid", smooth ? "tanh" : "relu", "linear"])), from: [last] });
  return { input, layers, seed: between(0, 1000) };
}
