import { LIMITS } from "./limits";
import type { ObservedLayer } from "./observed";
import type { DiagnosisSample, LayerSample } from "./record";
import { figure, listed, percent } from "./words";

/** What the first sample of a training has shown, before its first step. */
export interface Start {
  loss: number;
  /** Layers, by name and type, that were saturated then. */
  saturated: ReadonlySet<string>;
  /** Whether gradients vanished then. */
  vanishes: boolean;
  /** Norms of weights, by name and type. */
  weightNorms: ReadonlyMap<string, number>;
}

/** What is wrong with layers in a sample: in words, by the code of the warning. */
export interface LayerFaults {
  vanishingGradients?: string;
  explodingGradients?: string;
  deadUnits?: string;
  saturatedUnits?: string;
}

type Pairs = { seen: LayerSample; layer: ObservedLayer }[];

/** What the start of a training looks like. */
export function startOf(sample: DiagnosisSample, layers: readonly ObservedLayer[]): Start {
  const pairs = pairsOf(sample, layers);
  const saturated = pairs.filter(({ seen, layer }) => isSaturated(seen, layer)).map(({ seen }) => key(seen));
  const weightNorms = new Map(pairs.flatMap(({ seen }) => (seen.weightNorm === undefined ? [] : [[key(seen), seen.weightNorm] as const])));
  return { loss: sample.loss, saturated: new Set(saturated), vanishes: gradientFaults(pairs).vanishingGradients !== undefined, weightNorms };
}

/** What is wrong after some steps. Gradients that vanish since units died or are saturated are no fault of their own. */
export function layerFaults(sample: DiagnosisSample, layers: readonly ObservedLayer[], start: Start): LayerFaults {
  const pairs = pairsOf(sample, layers);
  const { vanishingGradients, ...exploding } = gradientFaults(pairs);
  const dead = deadFault(pairs, sample, start), saturated = saturatedFault(pairs, sample, start);
  // One row may happen to wake no unit of a relu layer: its gradient is 0 then, and was not from the start.
  const isChance = !start.vanishes && pairs.some(({ seen, layer }) => layer.hasWeights && seen.gradientNorm === 0);
  // Where inputs tell nothing of the targets, weight decay takes all weights away, and the gradients of lower layers with them.
  const isWithered = !start.vanishes && pairs.every(({ seen, layer }) => !layer.hasWeights || seen.weightNorm! < LIMITS.withered * (start.weightNorms.get(key(seen)) ?? 0));
  const hasCause = exploding.explodingGradients || dead.deadUnits || isChance || isWithered || (saturated.saturatedUnits && !start.vanishes);
  return { ...(vanishingGradients && !hasCause ? { vanishingGradients } : {}), ...exploding, ...dead, ...saturated };
}

function pairsOf({ layers: seen }: DiagnosisSample, layers: readonly ObservedLayer[]): Pairs {
  return seen.map((sample, n) => ({ seen: sample, layer: layers[n] }));
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

function deadFault(pairs: Pairs, { rows, loss }: DiagnosisSample, start: Start): LayerFaults {
  const spared = loss < LIMITS.learnedWell * start.loss ? LIMITS.spared : 0;
  const dead = pairs.filter(({ seen: { activations }, layer: { tensor } }) => {
    if (activations?.dead === undefined || !tensor) return false;
    const byChance = LIMITS.silentByChance + 1 / Math.sqrt(tensor.cols);
    return activations.dead === 1 || activations.dead > Math.max(byChance, spared);
  });
  if (dead.length === 0) return {};
  const parts = dead.map(({ seen }) => `${percent(seen.activations!.dead!)} of the units of ${named(seen)}`);
  return { deadUnits: `${listed(parts)} gave 0 for each of ${rows} rows` };
}

/** Outputs at flat ends are what sure answers are made of: they are a fault before there is something to be sure of. */
function saturatedFault(pairs: Pairs, { loss }: DiagnosisSample, start: Start): LayerFaults {
  const hasLearned = loss < start.loss / 2;
  const saturated = pairs.filter(({ seen, layer }) => isSaturated(seen, layer) && (!hasLearned || start.saturated.has(key(seen))));
  if (saturated.length === 0) return {};
  const parts = saturated.map(({ seen }) => `${percent(seen.activations!.saturated!)} of the outputs of ${named(seen)}`);
  return { saturatedUnits: `${listed(parts)} are at the flat ends of the activation, where gradients are small` };
}

/** The last layer may be as sure as it is. */
function isSaturated({ activations }: LayerSample, { isLast }: ObservedLayer): boolean {
  return !isLast && (activations?.saturated ?? 0) > LIMITS.saturated;
}

function key({ layer, type }: LayerSample): string {
  return `${layer} ${type}`;
}

function named({ layer, type }: LayerSample): string {
  return `layer ${layer} (${type})`;
}
