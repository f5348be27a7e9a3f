import type { Chart } from "./chart";

/** Stretches that a long chart is cut into: a screen has no more columns to show. */
const STRETCHES = 500;

/**
 * A chart with at most 1002 points of each line. Of each stretch of a longer one a line keeps its smallest and its largest value, in their order,
 * at the stretch's ends; the first and the last point stay as they are.
 */
export function thin(chart: Chart): Chart {
  const count = chart.x.values.length;
  if (count <= 2 * STRETCHES + 2) return chart;
  const inner = count - 2;
  const ends = Array.from({ length: STRETCHES }, (_, n) => [1 + Math.floor((n * inner) / STRETCHES), Math.floor(((n + 1) * inner) / STRETCHES)] as const);
  const pick = (values: readonly (number | null)[]) => [
    values[0]!, ...ends.flatMap(([from, to]) => extremes(values, from, to)), values[count - 1]!,
  ];
  return {
    ...chart,
    hint: `${chart.hint} Drawn thinned: ${count.toLocaleString("en")} points in ${STRETCHES} stretches, of each the smallest and the largest value.`,
    x: { ...chart.x, values: [chart.x.values[0]!, ...ends.flatMap(([from, to]) => [chart.x.values[from]!, chart.x.values[to]!]), chart.x.values[count - 1]!] },
    series: chart.series.map(({ label, values }) => ({ label, values: pick(values) })),
  };
}

/** The smallest and the largest of values [from … to], the one that comes first first. */
function extremes(values: readonly (number | null)[], from: number, to: number): (number | null)[] {
  let [low, high] = [-1, -1];
  for (let n = from; n <= to; n++) {
    const value = values[n] ?? null;
    if (value === null) continue;
    if (low < 0 || value < values[low]!) low = n;
    if (high < 0 || value > values[high]!) high = n;
  }
  if (low < 0) return [null, null];
  return [values[Math.min(low, high)]!, values[Math.max(low, high)]!];
}

/** At most `most` of a list, evenly over it, the first and the last among them. */
export function evenly<T>(list: readonly T[], most: number): T[] {
  if (list.length <= most) return [...list];
  return Array.from({ length: most }, (_, n) => list[Math.round((n * (list.length - 1)) / (most - 1))]!);
}
