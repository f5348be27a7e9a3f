import { checkName } from "../../core/check";
import { DeltawasmError, show } from "../../core/errors";
import { type ActivationLayerSpec, activationLayer } from "./activation";
import { type DenseSpec, denseLayer } from "./dense";
import type { LayerType } from "./layer";

/** Every kind of layer, as plain data. */
export type LayerSpec = DenseSpec | ActivationLayerSpec;

const types: { [Type in LayerSpec["type"]]: LayerType<Extract<LayerSpec, { type: Type }>> } = {
  dense: denseLayer,
  activation: activationLayer,
};

/** The layer type that a spec names. @throws DeltawasmError type, unknown */
export function layerType(where: string, spec: unknown): LayerType<LayerSpec> {
  if (typeof spec !== "object" || spec === null) {
    throw new DeltawasmError("type", `${where}: expected a layer such as dense(10), got ${show(spec)}`);
  }
  const name = checkName(`${where}.type`, (spec as { type?: unknown }).type, Object.keys(types) as LayerSpec["type"][]);
  return types[name] as LayerType<LayerSpec>;
}
