// What the page's script draws: plain data, of which nothing is computed in the page.

/** A line, or points, of a chart. */
export interface Series {
  label: string;
  /** One for each of the chart's xs; null where there is none. */
  values: (number | null)[];
}

/** A chart with one axis each way. */
export interface Chart {
  id: string;
  title: string;
  /** What to look for. */
  hint: string;
  x: { label: string; values: number[] };
  y: { label: string };
  /** "points": the last series is a line all the same, that on which points should lie. */
  kind: "lines" | "points" | "bars";
  series: Series[];
  /** Whether the y axis begins logarithmic; undefined: there is no choice. */
  log?: boolean;
  /** Where a vertical line stands, and what it says. */
  mark?: { x: number; label: string };
}

/** Histograms of one layer, one for each moment. */
export interface LayerHistograms {
  layer: string;
  samples: { moment: number; from: number; to: number; counts: number[] }[];
}

/** An image of grey values, row by row. */
export interface Picture {
  width: number;
  height: number;
  pixels: number[];
}

/** What is embedded in the page. */
export interface PageData {
  charts: Chart[];
  /** Moments as people read them, such as "epoch 3, step 120". */
  moments: string[];
  histograms: LayerHistograms[];
  pictures: Picture[];
}
