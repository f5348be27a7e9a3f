import { checkName } from "../../core/check";
import { DeltawasmError } from "../../core/errors";
import { show } from "../../core/show";
import { type ActivationLayerSpec, activationLayer } from "./activation";
import { type AddSpec, addLayer } from "./add";
import { type AlphaDropoutSpec, alphaDropoutLayer } from "./alphaDropout";
import { type AvgPool2dSpec, avgPool2dLayer } from "./avgPool2d";
import { type BatchNormSpec, batchNormLayer } from "./batchNorm";
import { type ConcatSpec, concatLayer } from "./concat";
import { type Conv2dSpec, conv2dLayer } from "./conv2d";
import { type DenseSpec, denseLayer } from "./dense";
import { type DepthwiseConv2dSpec, depthwiseConv2dLayer } from "./depthwiseConv2d";
import { type DropoutSpec, dropoutLayer } from "./dropout";
import { type EmbeddingSpec, embeddingLayer } from "./embedding";
import { type FlattenSpec, flattenLayer } from "./flatten";
import { type GaussianNoiseSpec, gaussianNoiseLayer } from "./gaussianNoise";
import { type GlobalAvgPool2dSpec, globalAvgPool2dLayer } from "./globalAvgPool2d";
import type { CompositeType, LayerType, Placed } from "./layer";
import { type LayerNormSpec, layerNormLayer } from "./layerNorm";
import { type MaxoutSpec, maxoutLayer } from "./maxout";
import { type MaxPool2dSpec, maxPool2dLayer } from "./maxPool2d";
import { type PreluSpec, preluLayer } from "./prelu";
import { type ReshapeSpec, reshapeLayer } from "./reshape";
import { type ResidualSpec, residualLayer } from "./residual";

/** Every kind of layer, as plain data. */
export type LayerSpec = Placed & (
  ActivationLayerSpec | AddSpec | AlphaDropoutSpec | AvgPool2dSpec | BatchNormSpec | ConcatSpec | Conv2dSpec | DenseSpec
  | DepthwiseConv2dSpec | DropoutSpec | EmbeddingSpec | FlattenSpec | GaussianNoiseSpec | GlobalAvgPool2dSpec
  | LayerNormSpec | MaxPool2dSpec | MaxoutSpec | PreluSpec | ReshapeSpec | ResidualSpec
);

type AnyLayer<Spec> = LayerType<Spec> | CompositeType<Spec>;

const types: { [Type in LayerSpec["type"]]: AnyLayer<Extract<LayerSpec, { type: Type }>> } = {
  activation: activationLayer,
  add: addLayer,
  alphaDropout: alphaDropoutLayer,
  avgPool2d: avgPool2dLayer,
  batchNorm: batchNormLayer,
  concat: concatLayer,
  conv2d: conv2dLayer,
  dense: denseLayer,
  depthwiseConv2d: depthwiseConv2dLayer,
  dropout: dropoutLayer,
  embedding: embeddingLayer,
  flatten: flattenLayer,
  gaussianNoise: gaussianNoiseLayer,
  globalAvgPool2d: globalAvgPool2dLayer,
  layerNorm: layerNormLayer,
  maxPool2d: maxPool2dLayer,
  maxout: maxoutLayer,
  prelu: preluLayer,
  reshape: reshapeLayer,
  residual: residualLayer,
};

/** The layer type that a spec names. @throws DeltawasmError type, unknown */
export function layerType(where: string, spec: unknown): AnyLayer<LayerSpec> {
  if (typeof spec !== "object" || spec === null) {
    throw new DeltawasmError("type", `${where}: expected a layer such as dense(10), got ${show(spec)}`);
  }
  const name = checkName(`${where}.type`, (spec as { type?: unknown }).type, Object.keys(types) as LayerSpec["type"][]);
  return types[name] as AnyLayer<LayerSpec>;
}

/** Whether a layer is made of others. */
export function isComposite(type: AnyLayer<LayerSpec>): type is CompositeType<LayerSpec> {
  return "expand" in type;
}
