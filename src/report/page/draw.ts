import uPlot from "uplot";
import type { Chart } from "../chart";

/** Told apart in light and dark, by people who see few colours as well; those after the eighth have dashes. */
const COLOURS = {
  light: ["#0072b2", "#d55e00", "#008060", "#b0529a", "#8a6d00", "#3f8fc4", "#5b5bd6", "#a03030"],
  dark: ["#56b4e9", "#ff8c42", "#2fc79a", "#e59bd0", "#e8c547", "#8ec9f0", "#a3a3ff", "#ff8080"],
};
const DASHES = [undefined, [7, 4], [2, 3]];
/** The same as borders of the marks in a legend. */
const BORDERS = ["solid", "dashed", "dotted"];
/** Series from which on their legend is of a few lines that scroll. */
const MANY = 12;

/** What a variable of the style sheet is at this moment. */
function colour(name: string): string {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = `var(--${name})`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Whether the page is dark now. */
const isDark = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};

/** A number of few digits, for axes and read-outs. */
function short(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(2).replace(/\.?0+e/, "e").replace("e+", "e") : String(Number(value.toPrecision(4)));
}

/** Draws a chart in an element that may have had another one; gives what can be destroyed. */
export function draw(target: HTMLElement, chart: Chart, height: number, isLog: boolean): uPlot {
  const [text, line] = [colour("text"), colour("line")];
  const colours = COLOURS[isDark() ? "dark" : "light"];
  const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
  const series = chart.series.map(({ label }, n): uPlot.Series => {
    const stroke = colours[n % colours.length]!;
    const dash = DASHES[Math.floor(n / colours.length) % DASHES.length];
    const common = { label, stroke, width: 1.75, spanGaps: chart.kind === "lines", value: (_: uPlot, value: number | null) => short(value), ...(dash && { dash }) };
    if (chart.kind === "bars") return { ...common, fill: stroke, width: 0, points: { show: false }, paths: uPlot.paths.bars!({ size: [0.95, 100] }) };
    if (chart.kind === "points" && n === 0) return { ...common, paths: () => null, points: { show: true, size: 5, stroke, fill: stroke } };
    return { ...common, points: { show: chart.kind === "lines" && chart.x.values.length < 40, size: 5 } };
  });
  const { mark } = chart;
  const drawMark = (u: uPlot) => {
    if (!mark) return;
    const x = u.valToPos(mark.x, "x", true);
    const { top, height: tall, left, width } = u.bbox;
    const { ctx } = u;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = text;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + tall);
    ctx.stroke();
    ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
    const isLate = x > left + width / 2;
    ctx.textAlign = isLate ? "right" : "left";
    ctx.textBaseline = "top";
    ctx.fillText(mark.label, x + (isLate ? -5 : 5) * devicePixelRatio, top + 3);
    ctx.restore();
  };
  const values = chart.series.map(({ values }) => (isLog ? values.map((value) => (value !== null && value > 0 ? value : null)) : values));
  target.replaceChildren();
  target.classList.toggle("many-series", chart.series.length > MANY);
  return new uPlot({
    width: target.clientWidth, height,
    scales: { x: { time: false }, ...(isLog && { y: { distr: 3 as const } }) },
    axes: [
      { ...axis, label: chart.x.label, values: (_, ticks) => ticks.map(short) },
      { ...axis, label: chart.y.label, size: 64, values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : short(tick))) },
    ],
    series: [{ label: chart.x.label, value: (_, value) => short(value) }, ...series],
    hooks: { draw: [drawMark] },
    cursor: { drag: { x: chart.kind === "lines", y: false } },
    legend: { live: true, markers: { dash: (_, n) => BORDERS[Math.floor((n - 1) / colours.length) % BORDERS.length]! } },
  }, [chart.x.values, ...values] as uPlot.AlignedData, target);
}
