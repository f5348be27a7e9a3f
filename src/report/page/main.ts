import type uPlot from "uplot";
import type { Chart, LayerHistograms, PageData, Picture } from "../chart";
import { draw } from "./draw";

const data = JSON.parse(document.getElementById("data")!.textContent!) as PageData;

/** A chart's place in the page. */
interface Place {
  target: HTMLElement;
  height: number;
  chart: Chart;
  isLog: boolean;
  plot?: uPlot;
}

const places = new Map<HTMLElement, Place>();

function redraw(place: Place): void {
  place.plot?.destroy();
  place.plot = draw(place.target, place.chart, place.height, place.isLog);
}

const redrawAll = () => places.forEach(redraw);

/** Widths follow the page's. */
const observer = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    const place = places.get(target as HTMLElement);
    if (place?.plot && contentRect.width > 0 && place.plot.width !== contentRect.width) place.plot.setSize({ width: contentRect.width, height: place.height });
  }
});

function show(target: HTMLElement, chart: Chart, height: number): Place {
  const place: Place = { target, height, chart, isLog: chart.log ?? false };
  places.set(target, place);
  redraw(place);
  observer.observe(target);
  target.addEventListener("keydown", (event) => readByKey(event, place));
  return place;
}

/** The arrow keys move the read-out from point to point. */
function readByKey(event: KeyboardEvent, { plot, chart }: Place): void {
  const move = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
  if (move === undefined || !plot) return;
  event.preventDefault();
  const last = chart.x.values.length - 1;
  const index = Math.min(last, Math.max(0, (plot.cursor.idx ?? (move > 0 ? -1 : last + 1)) + move));
  plot.setCursor({ left: plot.valToPos(chart.x.values[index]!, "x"), top: plot.over.clientHeight / 2 });
}

for (const chart of data.charts) {
  const place = show(document.getElementById(chart.id)!, chart, 300);
  document.querySelector<HTMLInputElement>(`[data-log="${chart.id}"]`)?.addEventListener("change", ({ target }) => {
    place.isLog = (target as HTMLInputElement).checked;
    redraw(place);
  });
}

/** The histogram of a layer at a moment, or at the last one before it. */
function histogram({ layer, samples }: LayerHistograms, moment: number): Chart {
  const { from, to, counts } = samples.filter((sample) => sample.moment <= moment).at(-1) ?? samples[0]!;
  const width = (to - from) / counts.length;
  return {
    id: "", title: "", hint: "", kind: "bars", x: { label: `Output of ${layer}`, values: counts.map((_, n) => from + (n + 0.5) * width) },
    y: { label: "Outputs" }, series: [{ label: "Outputs", values: counts }],
  };
}

const slider = document.getElementById("moment") as HTMLInputElement | null;
if (slider) {
  const shown = data.histograms.map((layer) => {
    const figure = document.createElement("figure");
    const title = document.createElement("h3");
    title.textContent = `Layer ${layer.layer}`;
    const target = document.createElement("div");
    target.className = "chart";
    target.tabIndex = 0;
    target.setAttribute("role", "group");
    target.setAttribute("aria-label", `Histogram of the outputs of layer ${layer.layer}. Arrow keys read values.`);
    figure.append(title, target);
    document.getElementById("histograms")!.append(figure);
    return { layer, place: show(target, histogram(layer, Number(slider.value)), 190) };
  });
  const move = () => {
    document.getElementById("moment-text")!.textContent = data.moments[Number(slider.value)]!;
    for (const { layer, place } of shown) {
      place.chart = histogram(layer, Number(slider.value));
      place.plot!.setData([place.chart.x.values, place.chart.series[0]!.values] as uPlot.AlignedData);
    }
  };
  slider.addEventListener("input", move);
  move();
}

function paint(canvas: HTMLCanvasElement, { width, height, pixels }: Picture): void {
  [canvas.width, canvas.height] = [width, height];
  const image = new ImageData(width, height);
  pixels.forEach((grey, n) => image.data.set([grey, grey, grey, 255], 4 * n));
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}
document.querySelectorAll<HTMLCanvasElement>("canvas[data-picture]").forEach((canvas) => paint(canvas, data.pictures[Number(canvas.dataset.picture)]!));

const root = document.documentElement;
document.getElementById("theme")!.addEventListener("change", ({ target }) => {
  root.dataset.theme = (target as HTMLSelectElement).value;
  redrawAll();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);

// Paper is white.
let before: string | undefined;
addEventListener("beforeprint", () => {
  before = root.dataset.theme ?? "";
  root.dataset.theme = "light";
  redrawAll();
});
addEventListener("afterprint", () => {
  root.dataset.theme = before ?? "";
  redrawAll();
});
