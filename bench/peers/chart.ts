import type { TopLevelSpec } from "vega-lite";
import type { PeerRow } from "./peer";
import { fastestFirst, reference } from "./table";

type Panel = Extract<TopLevelSpec, { concat: unknown }>["concat"][number];
type Layer = Extract<TopLevelSpec, { layer: unknown }>["layer"][number];

/** Cases that get a panel, and their titles. */
const panels: readonly (readonly [name: string, title: string])[] = [
  ["train-2-3-1-b1-sgd", "2-3-1, one row at a time, SGD"],
  ["train-64-32-10-b32-sgd", "64-32-10, batch 32, SGD"],
  ["train-784-128-10-b1-sgd", "784-128-10, one row at a time, SGD"],
  ["train-784-128-10-b128-sgd", "784-128-10, batch 128, SGD"],
  ["train-784-128-10-b128-adam", "784-128-10, batch 128, Adam"],
  ["train-784-1024-1024-10-b128-sgd", "784-1024-1024-10, batch 128, SGD"],
  ["train-convnet-28x28-b32-sgd", "Two convolutions on 28 × 28, batch 32, SGD"],
];

/** In the order of the legend; middle tones, to be seen on white and on black. */
const colours: Record<PeerRow["kind"], string> = {
  deltawasm: "#e8590c", WebAssembly: "#4c8dff", JavaScript: "#b58900", native: "#868e96",
};

/** Three digits at most: 3.57 M, 75.5 k, 568. */
function short(value: number): string {
  const [scale, unit] = value >= 1e6 ? [1e6, " M"] : value >= 1e3 ? [1e3, " k"] : [1, ""];
  return `${Number((value / scale).toPrecision(3))}${unit}`;
}

const rule = (at: number): Layer => ({
  data: { values: [{}] }, mark: { type: "rule", color: colours.deltawasm, opacity: 0.6 }, encoding: { x: { datum: at } },
});

/** Samples a second of the peers on one thread: a dot each, fastest first, and a line where ours is. */
function panel(title: string, rows: readonly PeerRow[]): Panel {
  const values = fastestFirst(rows).map(({ engine, kind, median }) => ({ engine, kind, median, label: short(median) }));
  const speeds = rows.map(({ median }) => median);
  // Room for the number beside the fastest dot.
  const domain = [Math.min(...speeds) / 1.5, Math.max(...speeds) * (Math.max(...speeds) / Math.min(...speeds)) ** 0.25];
  const powers = Array.from({ length: 10 }, (_, n) => 10 ** n).filter((power) => power >= domain[0] && power <= domain[1]);
  const x = {
    field: "median", type: "quantitative" as const, title: null,
    scale: { type: "log" as const, domain, nice: false }, axis: { values: powers },
  };
  const y = { field: "engine", type: "nominal" as const, sort: null, axis: { labelLimit: 300 }, title: null };
  const color = {
    field: "kind", type: "nominal" as const, scale: { domain: Object.keys(colours), range: Object.values(colours) }, title: null,
  };
  const ours = reference(rows)?.median;
  return {
    title: { text: title, anchor: "start", fontSize: 13 },
    width: 220,
    height: { step: 15 },
    data: { values },
    layer: [
      ...(ours === undefined ? [] : [rule(ours)]),
      { mark: { type: "circle", size: 60, opacity: 1 }, encoding: { x, y, color } },
      { mark: { type: "text", align: "left", dx: 7, fontSize: 10 }, encoding: { x, y, text: { field: "label", type: "nominal" } } },
    ],
  };
}

/** Colours of the reader's theme, for text, lines and ground. */
const style = `<style>
  .ground { fill: #ffffff } text { fill: #24292f } .role-axis-grid line { stroke: #d0d7de }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117 } text { fill: #e6edf3 } .role-axis-grid line { stroke: #30363d }
  }
</style><rect class="ground" width="100%" height="100%" rx="6" fill="#ffffff"/>`;

/** The rows on one thread as SVG, readable on light and dark pages. */
export async function chart(rows: readonly PeerRow[]): Promise<string> {
  const [vega, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
  const drawn = panels.flatMap(([name, title]) => {
    const chosen = rows.filter((row) => row.case === name && row.threads === 1 && (row.kind !== "deltawasm" || row.build === "simd"));
    return chosen.length > 1 ? [panel(title, chosen)] : [];
  });
  if (drawn.length === 0) throw new Error(`no rows to draw: the chart shows ${panels.map(([name]) => name).join(", ")}`);
  const spec: TopLevelSpec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    title: { text: "Training, samples per second on one thread (log scale)", fontSize: 15, anchor: "start", offset: 14 },
    concat: drawn,
    columns: 2,
    spacing: { row: 24, column: 36 },
    background: "transparent",
    padding: 16,
    config: {
      font: "system-ui, sans-serif",
      view: { stroke: null },
      axis: { domain: false, ticks: false, labelFontSize: 11 },
      axisX: { grid: true, format: "~s" },
      axisY: {
        grid: false,
        labelFontWeight: { condition: { test: "indexof(datum.label, 'deltawasm') == 0", value: "bold" }, value: "normal" },
      },
      legend: { orient: "top", symbolSize: 80, labelFontSize: 12 },
    },
  };
  const view = new vega.View(vega.parse(compile(spec).spec), { renderer: "none" });
  const svg = await view.toSVG();
  return `${svg.replace(/^<svg[^>]*>/, (tag) => `${tag}\n${style}`)}\n`;
}
