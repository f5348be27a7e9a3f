import type { DiagnosisSample, LayerSample } from "deltawasm/diagnosis";
import type { Chart, LayerHistograms, PageData, Series } from "./chart";
import type { RunRecord } from "./record";
import { evenly, thin } from "./thin";

/** Moments and points that a page is given: more make it slow, and show nothing more. */
const MOMENTS = 60;
const POINTS = 2000;
const BINS = 40;

/** A number as the page has it: six digits, and nothing where it is NaN or infinite, so that a line has a gap there. */
const rounded = (value: number | undefined): number | null => (value !== undefined && Number.isFinite(value) ? Number(value.toPrecision(6)) : null);

const hasValues = ({ values }: Series) => values.some((value) => value !== null);

/** All charts of a record that have something to show. */
export function chartsOf(record: RunRecord): PageData["charts"] {
  const charts = [...ofHistory(record), ...ofLayers(record.diagnosis?.samples ?? []), ...ofPredictions(record)];
  return charts.map((chart) => ({ ...chart, series: chart.series.filter(hasValues) })).filter(({ series }) => series.length > 0).map(thin);
}

function ofHistory({ history, best }: RunRecord): Chart[] {
  const x = { label: "Epoch", values: history.map(({ epoch }) => epoch) };
  const mark = best ? { x: best.epoch, label: `best epoch: ${best.epoch}` } : undefined;
  const lines = { x, kind: "lines" as const, ...(mark && { mark }) };
  const losses = [
    { label: "Training", values: history.map(({ loss }) => rounded(loss)) },
    { label: "Validation", values: history.map(({ validation }) => rounded(validation?.loss)) },
  ];
  return [
    {
      ...lines, id: "loss", title: "Loss", y: { label: "Mean loss per row" }, series: losses, ...logOf(losses),
      hint: "Both lines should fall and level off. Where validation rises while training still falls, the network learns its rows by heart (overfitting).",
    },
    {
      ...lines, id: "accuracy", title: "Validation accuracy", y: { label: "Share of rows (0 to 1)" },
      series: [{ label: "Validation", values: history.map(({ validation }) => rounded((validation as { accuracy?: number } | undefined)?.accuracy)) }],
      hint: "The share of validation rows that are right. It should rise and level off. A jagged line means few validation rows, or too large a learning rate.",
    },
    {
      ...lines, id: "learning-rate", title: "Learning rate", y: { label: "Learning rate" }, log: false,
      series: [{ label: "Learning rate", values: history.map(({ learningRate }) => rounded(learningRate)) }],
      hint: "It should be as its schedule says. A loss that falls each time the rate drops asks for a lower rate.",
    },
  ];
}

/** Logarithmic from the start where values span more than a factor of 50. */
function logOf(series: readonly Series[]): { log: boolean } | Record<string, never> {
  let [low, high] = [Infinity, 0];
  for (const { values } of series) {
    for (const value of values) {
      if (value === null) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low > 0 ? { log: high > 50 * low } : {};
}

/** Layers in the order in which they are first seen. */
export function layersOf(samples: readonly DiagnosisSample[]): string[] {
  return [...new Set(samples.flatMap(({ layers }) => layers.map(({ layer }) => layer)))];
}

function ofLayers(samples: readonly DiagnosisSample[]): Chart[] {
  const x = { label: "Optimizer step", values: samples.map(({ step }) => step) };
  const byName = samples.map(({ layers }) => new Map(layers.map((layer) => [layer.layer, layer])));
  const named = new Map(samples.flatMap(({ layers }) => layers.map(({ layer, type }) => [layer, `${layer} ${type}`])));
  const each = (of: (layer: LayerSample) => number | undefined, end = "") => [...named].map(([name, label]) => ({
    label: label + end,
    values: byName.map((layers) => {
      const layer = layers.get(name);
      return layer ? rounded(of(layer)) : null;
    }),
  }));
  const lines = { x, kind: "lines" as const };
  return [
    {
      ...lines, id: "gradients", title: "Gradient norms", y: { label: "Euclidean norm" }, log: true, series: each(({ gradientNorm }) => gradientNorm),
      hint: "Lines should lie within a few powers of ten of one another. Early layers far below late ones: gradients vanish; lines that shoot up: they explode.",
    },
    {
      ...lines, id: "updates", title: "Update-to-weight ratios", y: { label: "Update by weights (norms)" }, log: true, series: each(({ updateRatio }) => updateRatio),
      hint: "About 0.001 is usual. Far below, a layer hardly learns; above 0.01 for long, the learning rate is likely too large.",
    },
    {
      ...lines, id: "flat", title: "Saturated and dead units", y: { label: "Share (0 to 1)" },
      series: [...each(({ activations }) => activations?.saturated, ", saturated"), ...each(({ activations }) => activations?.dead, ", dead")],
      hint: "Lines should stay near 0. Saturated sigmoid or tanh outputs pass hardly any gradient; a dead relu unit passes none.",
    },
  ];
}

function ofPredictions({ predictions }: RunRecord): Chart[] {
  if (!predictions || predictions.truth.length === 0) return [];
  const { truth, predicted } = predictions;
  const rows = evenly(truth.map((value, n) => [value, predicted[n]!] as const), POINTS).sort(([a], [b]) => a - b);
  const values = rows.map(([value]) => rounded(value)!);
  const residuals = truth.map((value, n) => predicted[n]! - value);
  const thinned = truth.length > POINTS ? ` Of ${truth.length.toLocaleString("en")} rows ${POINTS} are drawn.` : "";
  return [
    {
      id: "truth", title: "Truth and prediction", kind: "points", x: { label: "Right value", values }, y: { label: "Predicted value" },
      series: [{ label: "Rows", values: rows.map(([, value]) => rounded(value)) }, { label: "All right", values }],
      hint: `Points should lie close to the line. A bend means that something is not learned; a fan, that errors grow with the value.${thinned}`,
    },
    {
      id: "residuals", title: "Residuals", kind: "bars", y: { label: "Rows" }, ...binned(residuals),
      hint: "Predicted minus right value. It should be a narrow hill around 0; a hill beside 0 means that the model is biased.",
    },
  ];
}

/** Numbers counted in bins of one width. */
function binned(numbers: readonly number[]): Pick<Chart, "x" | "series"> {
  let [from, to] = [Infinity, -Infinity];
  for (const value of numbers) [from, to] = [Math.min(from, value), Math.max(to, value)];
  if (from === to) [from, to] = [from - 0.5, to + 0.5];
  const width = (to - from) / BINS;
  const counts = new Array<number>(BINS).fill(0);
  for (const value of numbers) counts[Math.min(BINS - 1, Math.floor((value - from) / width))]!++;
  return { x: { label: "Predicted minus right value", values: counts.map((_, n) => rounded(from + (n + 0.5) * width)!) }, series: [{ label: "Rows", values: counts }] };
}

/** Histograms of activations, layer by layer, at no more moments than a slider can tell apart. */
export function histogramsOf(record: RunRecord): Pick<PageData, "moments" | "histograms"> {
  const samples = evenly(record.diagnosis?.samples ?? [], MOMENTS);
  const histograms: LayerHistograms[] = layersOf(samples).map((layer) => ({
    layer,
    samples: samples.flatMap(({ layers }, moment) => {
      const histogram = layers.find((other) => other.layer === layer)?.activations?.histogram;
      return histogram ? [{ moment, from: rounded(histogram.from) ?? 0, to: rounded(histogram.to) ?? 0, counts: histogram.counts }] : [];
    }),
  }));
  return { moments: samples.map(({ epoch, step }) => `epoch ${epoch}, step ${step}`), histograms: histograms.filter(({ samples }) => samples.length > 0) };
}
