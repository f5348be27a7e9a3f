import { LIMITS } from "./limits";
import type { ObservedLayer } from "./observed";
import type { DiagnosisSample, LayerSample } from "./record";
import { figure, listed, percent } from "./words";

/** What the first sample of a training has shown, before its first step. */
export interface Start {
  loss: number;
  /** Layers, by name and type, that were saturated then. */
  saturated: ReadonlySet<string>;
}

/** What is wrong with layers in a sample: in words, by the code of the warning. */
export interface LayerFaults {
  vanishingGradients?: string;
  explodingGradients?: string;
  deadUnits?: string;
  saturatedUnits?: string;
}

type Pairs = { seen: LayerSample; layer: ObservedLayer }[];

export function layerFaults(sample: DiagnosisSample, layers: readonly ObservedLayer[], start: Start): LayerFaults {
  const pairs = sample.layers.map((seen, n) => ({ seen, layer: layers[n] }));
  return {
    ...gradientFaults(pairs),
    ...deadFault(pairs, sample.rows),
    ...saturatedFault(pairs, sample, start),
  };
}

/** Layers by how large their gradients are beside their weights. */
function gradientFaults(pairs: Pairs): LayerFaults {
  const sizes = pairs.flatMap(({ seen, layer }) => (
    layer.hasWeights && seen.weightNorm! > 0 ? [{ seen, size: seen.gradientNorm! / seen.weightNorm! }] : []
  ));
  if (sizes.length === 0) return {};
  const largest = sizes.reduce((most, entry) => (entry.size > most.size ? entry : most));
  const first = sizes.slice(0, -1).find(({ size }) => size < largest.size * LIMITS.vanishingGradient);
  const faults: LayerFaults = {};
  if (first) faults.vanishingGradients = `the gradient of ${named(first.seen)} is ${figure(first.seen.gradientNorm!)}, of ${named(largest.seen)} ${figure(largest.seen.gradientNorm!)} (Euclidean norms)`;
  if (largest.size > LIMITS.explodingGradient) faults.explodingGradients = `the gradient of ${named(largest.seen)} has the norm ${figure(largest.seen.gradientNorm!)}, ${figure(largest.size)} times that of its weights`;
  return faults;
}

function deadFault(pairs: Pairs, rows: number): LayerFaults {
  const dead = pairs.filter(({ seen: { activations }, layer: { tensor } }) => {
    if (activations?.dead === undefined || !tensor) return false;
    return activations.dead === 1 || activations.dead * tensor.cols > LIMITS.silentByChance * tensor.cols + Math.sqrt(tensor.cols);
  });
  if (dead.length === 0) return {};
  const parts = dead.map(({ seen }) => `${percent(seen.activations!.dead!)} of the units of ${named(seen)}`);
  return { deadUnits: `${listed(parts)} gave 0 for each of ${rows} rows` };
}

/** Of a network that has learned many outputs are at flat ends: that is no fault. */
function saturatedFault(pairs: Pairs, { loss }: DiagnosisSample, start: Start): LayerFaults {
  const hasLearned = loss < start.loss / 2;
  const saturated = pairs.filter(({ seen, layer }) => isSaturated(seen, layer) && (!hasLearned || start.saturated.has(key(seen))));
  if (saturated.length === 0) return {};
  const parts = saturated.map(({ seen }) => `${percent(seen.activations!.saturated!)} of the outputs of ${named(seen)}`);
  return { saturatedUnits: `${listed(parts)} are at the flat ends of the activation, where gradients are small` };
}

/** The layers that are saturated. The last one is as sure as it is. */
export function saturatedLayers({ layers: seen }: DiagnosisSample, layers: readonly ObservedLayer[]): ReadonlySet<string> {
  return new Set(seen.filter((sample, n) => isSaturated(sample, layers[n])).map(key));
}

function isSaturated({ activations }: LayerSample, { isLast }: ObservedLayer): boolean {
  return !isLast && (activations?.saturated ?? 0) > LIMITS.saturated;
}

function key({ layer, type }: LayerSample): string {
  return `${layer} ${type}`;
}

function named({ layer, type }: LayerSample): string {
  return `layer ${layer} (${type})`;
}
