import type { PageData } from "./chart";
import { chartsOf, histogramsOf } from "./charts";
import { checkRecord } from "./check";
import { embed, escape } from "./html";
import script from "./page/main.ts?bundle";
import scriptHash from "./page/main.ts?hash";
import style from "./page/style.css?bundle";
import styleHash from "./page/style.css?hash";
import type { RunRecord } from "./record";
import { confusionOf, factsOf, figureOf, metricsOf, misclassifiedOf, networkOf, section, trainerOf, warningsOf } from "./sections";

/** Rows that a page shows of those that were wrong. */
const MOST_ROWS = 100;

/** Nothing is loaded from anywhere; the only script and the only style are these. */
const policy = `default-src 'none'; script-src 'sha256-${scriptHash}'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'`;

/**
 * A training as one HTML page: warnings with their remedies, curves, what was seen in each layer, the network, metrics, the confusion matrix
 * and what the model got wrong. It needs no network and no server, and adapts to light and dark. What the record has not, the page leaves out;
 * of more than 100 wrong rows it shows the first 100, of more than 60 classes the 50 most frequent mistakes, and it thins curves of more than 1002 points, keeping what is smallest and largest.
 * @throws DeltawasmError `type`, `range`, `shape` or `unknown` with the field of the record that is not as it should be
 */
export function renderReport(record: RunRecord): string {
  checkRecord(record);
  const charts = chartsOf(record);
  const wrong = (record.misclassified ?? []).slice(0, MOST_ROWS);
  const data: PageData = { charts, ...histogramsOf(record), pictures: wrong.flatMap(({ image }) => (image ? [image] : [])) };
  const figures = (...ids: string[]) => {
    const chosen = charts.filter(({ id }) => ids.includes(id));
    return chosen.length ? `<div class="charts">${chosen.map(figureOf).join("")}</div>` : "";
  };
  const title = escape(record.title);
  const left = (record.misclassified?.length ?? 0) - wrong.length;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="generator" content="deltawasm">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<header><h1>${title}</h1><label>Colours <select id="theme"><option value="">as the system</option><option value="light">light</option><option value="dark">dark</option></select></label>
${record.date ? `<p class="dim"><time>${escape(record.date)}</time></p>` : ""}</header>
<noscript><p class="warning">The charts of this page are drawn by its script, which this browser doesn't run.</p></noscript>
<main>
${section("Warnings", warningsOf(record))}
${section("Facts", factsOf(record))}
${section("Metrics", metricsOf(record))}
${section("Training", figures("loss", "accuracy", "learning-rate"))}
${section("Inside the network", figures("gradients", "updates", "flat"))}
${section("Activations", data.histograms.length ? `<p class="dim">How the outputs of each layer are spread. A single bar at an end means that its units are saturated or dead; a
needle that gets ever narrower, that the signal dies out.</p><p><label>Moment <input type="range" id="moment" min="0" max="${data.moments.length - 1}" value="${data.moments.length - 1}"></label>
<output id="moment-text" for="moment"></output></p><div class="charts small" id="histograms"></div>` : "")}
${section("Confusion", confusionOf(record))}
${section("Predictions", figures("truth", "residuals"))}
${section("What the model got wrong", wrong.length ? misclassifiedOf(wrong) + (left > 0 ? `<p class="dim">And ${left} more.</p>` : "") : "")}
${section("Network", networkOf(record) + trainerOf(record))}
</main>
<script type="application/json" id="data">${embed(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}
