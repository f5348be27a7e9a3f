import type { Chart } from "./chart";
import { cellText, escape, shown, table } from "./html";
import type { Misclassified, RunRecord } from "./record";

/** A part of the page under a heading; nothing where it has nothing to show. */
export const section = (title: string, content: string): string => (content ? `<section><h2>${title}</h2>${content}</section>` : "");

const ENDS = { completed: "all epochs were done", aborted: "aborted", earlyStopped: "stopped early" };

/** Facts, as terms and what they are. */
export function factsOf({ facts, history, stopped, best }: RunRecord): string {
  const all: [string, string | number][] = [
    ...Object.entries(facts ?? {}),
    ["Epochs", history.length],
    ...(stopped ? [["End", ENDS[stopped]] as [string, string]] : []),
    ...(best ? [["Best epoch", `${best.epoch} (${shown(best.value)})`] as [string, string]] : []),
  ];
  return `<dl>${all.map(([term, value]) => `<div><dt>${escape(term)}</dt><dd>${cellText(value)}</dd></div>`).join("")}</dl>`;
}

/** Warnings with their remedies; where there was a diagnosis without any, that. */
export function warningsOf({ diagnosis }: RunRecord): string {
  if (!diagnosis) return "";
  if (diagnosis.warnings.length === 0) return "<p class=\"fine\">Nothing to worry about: gradients, activations and losses were watched, and none of them looked wrong.</p>";
  return diagnosis.warnings.map(({ message, remedy, epoch }) => (
    `<div class="warning"><p><strong>${escape(message)}</strong></p><p>What to do: ${escape(remedy)}</p><p class="dim">First seen in epoch ${epoch}.</p></div>`
  )).join("");
}

/** Where the page's script draws a chart, which a reader of screens is told about in words. */
export function figureOf({ id, title, hint, series, log, kind }: Chart): string {
  const summary = kind === "bars" ? `${title}: a histogram.` : series.slice(0, 24).map(({ label, values }) => {
    const known = values.filter((value) => value !== null);
    return `${label}: ${kind === "points" ? `${known.length} points` : `from ${shown(known[0]!)} to ${shown(known.at(-1)!)}`}`;
  }).join("; ");
  const choice = log === undefined ? "" : `<label><input type="checkbox" data-log="${id}"${log ? " checked" : ""}> logarithmic</label>`;
  return `<figure><figcaption><h3>${title}</h3>${choice}</figcaption><p class="dim">${hint}</p>
<div class="chart" id="${id}" role="group" tabindex="0" aria-label="${escape(`Chart: ${title}. ${summary}. Arrow keys read values.`)}"></div></figure>`;
}

const settingsText = (settings: object): string => Object.entries(settings).filter(([, value]) => value !== undefined).map(([key, value]) => `${key} ${typeof value === "object" ? JSON.stringify(value) : value}`).join(", ");

/** Loss, optimizer and the like. */
export function trainerOf({ trainer }: RunRecord): string {
  if (!trainer) return "";
  return table("How it was trained", ["What", "Settings"], Object.entries(trainer).filter(([, value]) => value !== undefined).map(([key, value]) => (
    [escape(key), typeof value === "object" && value !== null && !Array.isArray(value) ? escape(settingsText(value)) : cellText(typeof value === "object" ? JSON.stringify(value) : value)]
  )));
}

/** Layers with what they were given and their parameters. */
export function networkOf({ spec, parameters = {} }: RunRecord): string {
  if (!spec) return "";
  const names = Object.entries(parameters);
  const rows = spec.layers.map((layer, n) => {
    const { type, name, ...settings } = layer as unknown as Record<string, unknown>;
    const called = typeof name === "string" ? name : String(n);
    const own = names.filter(([key]) => key.startsWith(`${called}.`));
    return [
      escape(called), escape(String(type)), escape(settingsText(settings)),
      escape(own.map(([key, shape]) => `${key.slice(called.length + 1)} [${shape.join(", ")}]`).join(", ")),
      own.length ? shown(own.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0)) : "",
    ];
  });
  const input = typeof spec.input === "number" ? spec.input : `[${spec.input?.join(", ")}]`;
  const total = names.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return `<p>Input: ${escape(input)}.${total ? ` ${shown(total)} parameters in all.` : ""}</p>`
    + table("Layers", ["Name", "Type", "Settings", "Shapes of parameters", "Parameters"], rows);
}

/** Metrics by name. */
export function metricsOf({ metrics }: RunRecord): string {
  if (!metrics || Object.keys(metrics).length === 0) return "";
  return table("Metrics on rows kept out of training", ["Metric", "Value"], Object.entries(metrics).map(([name, value]) => [escape(name), shown(value)]));
}

/** Classes up to which each cell has room for its share beside its count. */
const ROOMY = 12;

/** Classes up to which there is a matrix, and mistakes that a list has in its place. */
const MOST_CLASSES = 60;
const MOST_MISTAKES = 50;

/** Of many classes: the mistakes that were made most often. */
function mistakesOf({ labels, counts }: NonNullable<RunRecord["confusion"]>): string {
  const mistakes = counts.flatMap((row, truth) => {
    const total = row.reduce((a, b) => a + b, 0);
    return row.flatMap((count, answer) => (count > 0 && truth !== answer ? [{ truth, answer, count, share: count / total }] : []));
  }).sort((a, b) => b.count - a.count || b.share - a.share);
  const right = counts.reduce((sum, row, n) => sum + row[n]!, 0);
  const wrong = mistakes.reduce((sum, { count }) => sum + count, 0);
  const intro = `<p>${shown(right)} of ${shown(right + wrong)} rows right, in ${labels.length} classes.${mistakes.length > MOST_MISTAKES ? ` The ${MOST_MISTAKES} most frequent of ${shown(mistakes.length)} kinds of mistakes:` : ""}</p>`;
  return intro + (mistakes.length === 0 ? "" : table("Mistakes", ["Right", "Answered", "Rows", "Share of the class"], mistakes.slice(0, MOST_MISTAKES).map(({ truth, answer, count, share }) => (
    [escape(labels[truth]!), escape(labels[answer]!), shown(count), `${(100 * share).toFixed(1)} %`]
  ))));
}

/** Truths as rows, answers as columns, shaded by the share of their row. */
export function confusionOf({ confusion }: RunRecord): string {
  if (!confusion || confusion.labels.length === 0) return "";
  const { labels, counts } = confusion;
  if (labels.length > MOST_CLASSES) return mistakesOf(confusion);
  const isRoomy = labels.length <= ROOMY;
  const names = labels.map(escape);
  const rows = counts.map((row, truth) => {
    const total = row.reduce((a, b) => a + b, 0);
    const percent = (count: number) => (total ? `${((100 * count) / total).toFixed(1)} %` : "–");
    const cells = row.map((count, answer) => {
      const level = total && count ? Math.max(1, Math.round((10 * count) / total)) : 0;
      const share = isRoomy && count ? `<small>${percent(count)}</small>` : "";
      const title = `${names[truth]} taken for ${names[answer]}: ${count} (${percent(count)})`;
      return `<td class="${truth === answer ? "right" : "wrong"} s${level}" title="${title}">${shown(count)}${share}</td>`;
    });
    return `<tr><th scope="row">${names[truth]}</th>${cells.join("")}<td>${shown(total)}</td><td>${percent(row[truth]!)}</td></tr>`;
  });
  return `<p class="dim">Rows are right classes, columns what the model answered; darker cells have a larger share of their row. Right answers are blue, mistakes
are orange: a dark orange cell names two classes that the model mixes up.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix"><table class="confusion${isRoomy ? "" : " many"}"><caption>Confusion matrix</caption>
<thead><tr><th scope="col">Right \\ answered</th>${names.map((name) => `<th scope="col">${name}</th>`).join("")}<th scope="col">Rows</th><th scope="col">Right</th></tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div>`;
}

/** Images in a grid, and other rows in a table. */
export function misclassifiedOf(rows: readonly Misclassified[]): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const images = rows.filter(({ image }) => image).map(({ truth, predicted, confidence }, n) => (
    `<li><canvas data-picture="${n}" role="img" aria-label="${escape(`A ${truth}, taken for ${predicted}`)}"></canvas>
<span>is <b>${escape(truth)}</b>, taken for <b>${escape(predicted)}</b> (${percent(confidence)})</span></li>`
  ));
  const plain = rows.filter(({ image }) => !image);
  const columns = [...new Set(plain.flatMap(({ cells }) => Object.keys(cells ?? {})))];
  return (images.length ? `<ul class="pictures">${images.join("")}</ul>` : "")
    + (plain.length ? table("Rows that the model got wrong", ["Right", "Answered", "Probability", ...columns.map(escape)], plain.map(({ truth, predicted, confidence, cells = {} }) => [
      escape(truth), escape(predicted), percent(confidence), ...columns.map((column) => cellText(cells[column] ?? null)),
    ])) : "");
}
