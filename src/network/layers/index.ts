import { checkName } from "../../core/check";
import { DeltawasmError, show } from "../../core/errors";
import { type ActivationLayerSpec, activationLayer } from "./activation";
import { type AddSpec, addLayer } from "./add";
import { type ConcatSpec, concatLayer } from "./concat";
import { type Conv2dSpec, conv2dLayer } from "./conv2d";
import { type DenseSpec, denseLayer } from "./dense";
import { type FlattenSpec, flattenLayer } from "./flatten";
import type { CompositeType, LayerType, Placed } from "./layer";
import { type ReshapeSpec, reshapeLayer } from "./reshape";
import { type ResidualSpec, residualLayer } from "./residual";

/** Every kind of layer, as plain data. */
export type LayerSpec = Placed & (ActivationLayerSpec | AddSpec | ConcatSpec | Conv2dSpec | DenseSpec | FlattenSpec | ReshapeSpec | ResidualSpec);

type AnyLayer<Spec> = LayerType<Spec> | CompositeType<Spec>;

const types: { [Type in LayerSpec["type"]]: AnyLayer<Extract<LayerSpec, { type: Type }>> } = {
  activation: activationLayer,
  add: addLayer,
  concat: concatLayer,
  conv2d: conv2dLayer,
  dense: denseLayer,
  flatten: flattenLayer,
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
