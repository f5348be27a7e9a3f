import { checkOptions } from "../../core/check";
import { DeltawasmError } from "../../core/errors";
import { type ActivationOption, resolveActivation } from "../activations";
import { isSameShape, type Shape, showShape } from "../shape";
import type { LayerSpec } from "./index";
import { type CompositeType, layerKeys, type LayerOptions } from "./layer";
import { LARGEST_STEP } from "./window";

/** Options of `residual`. */
export interface ResidualOptions extends LayerOptions {
  /** Applied to the sum. Default "linear". */
  activation?: ActivationOption;
}

/** A residual block as plain data. */
export interface ResidualSpec extends ResidualOptions {
  /** Which layer it is. */
  type: "residual";
  /** What the block adds to its input. */
  layers: readonly LayerSpec[];
}

/**
 * A residual block: f(layers(x) + x). Gradients pass through the sum unchanged, so that deep networks train. Where the layers change the
 * shape, a projection is learned for x: a dense layer for vectors and sequences, a 1 × 1 convolution with the stride that fits for images,
 * both with a bias. A linear layer that ends the block and says nothing of its weights starts at zero, so that the block begins as its shortcut
 * and many of them don't blow the signal up (Zhang, Dauphin, Ma 2019, "Fixup"). Parameters are named `<block>.layers.<n>.weight` and
 * `<block>.projection.weight`. He, Zhang, Ren, Sun 2016.
 *
 * @example residual([dense(64, "relu"), dense(64)], { activation: "relu" })
 * @example residual([conv2d(32, 3, "linear", { padding: 1, stride: 2 }), batchNorm(), activation("relu"), conv2d(32, 3, "linear", { padding: 1 })])
 */
export function residual(layers: readonly LayerSpec[], options: ResidualOptions = {}): ResidualSpec {
  return { type: "residual", layers, ...options };
}

export const residualLayer: CompositeType<ResidualSpec> = {
  check(where, spec) {
    checkOptions(where, spec, layerKeys("layers", "activation"));
    if (spec.activation !== undefined) resolveActivation(`${where}.activation`, spec.activation);
  },
  expand(where, spec, input, add) {
    const body = add.layers(`${where}.layers`, startingAtZero(spec.layers), "layers");
    const shape = add.shapeOf(body);
    const shortcut = isSameShape(shape, input) ? add.input : [add.layer(where, projection(where, input, shape), add.input, "projection")];
    const { activation = "linear" } = spec;
    const sum = add.layer(where, { type: "add" }, [body, ...shortcut]);
    return activation === "linear" ? sum : add.layer(where, { type: "activation", activation }, [sum]);
  },
};

/** Behind another activation than the linear one a layer of zeros might never learn: the slope of relu at 0 is 0. */
function startingAtZero(layers: readonly LayerSpec[]): readonly LayerSpec[] {
  const last = Array.isArray(layers) ? layers.at(-1) : undefined;
  const isProduct = last?.type === "dense" || last?.type === "conv2d" || last?.type === "depthwiseConv2d";
  if (!isProduct || last.initializer !== undefined || (last.activation ?? "linear") !== "linear") return layers;
  return [...layers.slice(0, -1), { ...last, initializer: "zeros" }];
}

/** The layer that brings an input to the shape of what is added to it. */
function projection(where: string, input: Shape, output: Shape): LayerSpec {
  const fail = (): never => {
    throw new DeltawasmError("shape", `${where}: no projection makes ${showShape(output)}, what its layers give, of ${showShape(input)}, what goes in; change the layers`);
  };
  if (input.length !== output.length) return fail();
  if (output.length === 1) return { type: "dense", units: output[0] };
  if (output.length === 2) return input[0] === output[0] ? { type: "dense", units: output[1] } : fail();
  const stride = [Math.ceil(input[1] / output[1]), Math.ceil(input[2] / output[2])] as const;
  const fits = stride.every((step, n) => step <= LARGEST_STEP && Math.floor((input[n + 1] - 1) / step) + 1 === output[n + 1]);
  return fits ? { type: "conv2d", channels: output[0], kernel: 1, stride } : fail();
}
