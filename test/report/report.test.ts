import { DeltawasmError } from "deltawasm";
import { renderReport, type RunRecord } from "deltawasm/report";
import { describe, expect, test } from "vitest";
import type { PageData } from "../../src/report/chart";
import { healthy, hostile, long, regression, sick } from "../support/reports";

const dataOf = (page: string) => JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)![1]!) as PageData;
const chartOf = (page: string, id: string) => dataOf(page).charts.find((chart) => chart.id === id);
const headings = (page: string) => [...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, text]) => text);
const epochs = [{ epoch: 1, loss: 1, learningRate: 0.1, seconds: 1 }];

describe("a report", () => {
  test("of a healthy training tells all that was recorded", async () => {
    const record = await healthy();
    const page = renderReport(record);
    expect(headings(page)).toEqual(["Warnings", "Facts", "Metrics", "Training", "Inside the network", "Activations", "Confusion", "What the model got wrong", "Network"]);
    const loss = chartOf(page, "loss")!;
    expect(loss.series.map(({ label }) => label)).toEqual(["Training", "Validation"]);
    record.history.forEach((epoch, n) => {
      // Six digits are kept.
      expect(loss.series[0]!.values[n]! / epoch.loss).toBeCloseTo(1, 5);
    });
    expect(loss.mark!.x).toBe(record.best!.epoch);
    expect(chartOf(page, "gradients")!.series.map(({ label }) => label)).toEqual(["0 dense", "1 dense", "2 dense"]);
    expect(page).toContain("weight [48, 64], bias [48]</td><td>3,120<");
    expect(page).toContain("4,546 parameters in all");
    expect(page).toContain('<tr><th scope="row">optimizer</th><td>type adam, learningRate 0.003</td></tr>');
    expect(dataOf(page).pictures).toEqual(record.misclassified!.map(({ image }) => image));
  });

  test("of a sick training begins with its warnings and what to do", async () => {
    const record = await sick();
    expect(record.diagnosis!.warnings.map(({ code }) => code)).toContain("vanishingGradients");
    const page = renderReport(record);
    for (const { message } of record.diagnosis!.warnings) expect(page.indexOf(message.slice(0, 20))).toBeGreaterThan(0);
    expect(page.match(/What to do: /g)).toHaveLength(record.diagnosis!.warnings.length);
    expect(headings(page)[0]).toBe("Warnings");
  });

  test("says that there is nothing to worry about only where it was looked for", () => {
    expect(renderReport({ title: "t", history: epochs, diagnosis: { samples: [], warnings: [] } })).toContain("Nothing to worry about");
    const page = renderReport({ title: "t", history: epochs });
    expect(page).not.toContain("Nothing to worry about");
    expect(headings(page)).toEqual(["Facts", "Training"]);
  });

  test("is drawn of a training without an epoch", () => {
    expect(headings(renderReport({ title: "t", history: [] }))).toEqual(["Facts"]);
  });

  test("loads nothing", async () => {
    const page = renderReport(await healthy());
    expect(page).not.toMatch(/<(link|img|iframe)|<script src|url\(|@import/);
    expect(page).toContain("default-src 'none'");
  });

  test("draws NaN and infinities as gaps, zeros of a log axis too", () => {
    const page = renderReport({ title: "t", history: [NaN, 1, Infinity, 2].map((loss, n) => ({ epoch: n + 1, loss, learningRate: 0.1, seconds: 1 })) });
    expect(chartOf(page, "loss")!.series[0]!.values).toEqual([null, 1, null, 2]);
  });

  test("lists the most frequent mistakes of many classes", () => {
    const labels = Array.from({ length: 61 }, (_, n) => `class <${n}>`);
    const counts = labels.map((_, row) => labels.map((_, column) => (row === column ? 10 : column === row + 1 ? row + 1 : 0)));
    const page = renderReport({ title: "t", history: [], confusion: { labels, counts } });
    expect(page).toContain("610 of 2,440 rows right, in 61 classes. The 50 most frequent of 60 kinds of mistakes:");
    // Row 59 has 10 right ones and 60 mistakes.
    expect(/<caption>Mistakes.*?<tbody>(.*?)<\/tr>/s.exec(page)![1]).toBe('<tr><th scope="row">class &#60;59&#62;</th><td>class &#60;60&#62;</td><td>60</td><td>85.7 %</td>');
    expect(page.match(/<td>class &#60;/g)).toHaveLength(50);
    expect(page).not.toContain("confusion many");
    const none = renderReport({ title: "t", history: [], confusion: { labels, counts: labels.map((_, row) => labels.map((_, column) => (row === column ? 1 : 0))) } });
    expect(none).toContain("61 of 61 rows right, in 61 classes.</p>");
  });

  test("shades the confusion matrix by shares of rows, with their percentages", () => {
    const page = renderReport({ title: "t", history: [], confusion: { labels: ["cat", "dog"], counts: [[3, 1], [0, 0]] } });
    expect(page).toContain("<td class=\"right s8\" title=\"cat taken for cat: 3 (75.0 %)\">3<small>75.0 %</small></td>");
    expect(page).toContain("<td class=\"wrong s3\" title=\"cat taken for dog: 1 (25.0 %)\">1<small>25.0 %</small></td>");
    expect(page).toContain("<td class=\"right s0\" title=\"dog taken for dog: 0 (–)\">0</td><td>0</td><td>–</td>");
  });

  test("offers a log axis where all is positive, and begins with it where ranges ask for it", () => {
    const at = (...losses: number[]) => chartOf(renderReport({ title: "t", history: losses.map((loss, n) => ({ epoch: n + 1, loss, learningRate: 0.1, seconds: 1 })) }), "loss")!.log;
    expect(at(1, 0.5)).toBe(false);
    expect(at(100, 0.5)).toBe(true);
    expect(at(1, 0, -1)).toBeUndefined();
  });

  test("counts residuals in bins, each row once", () => {
    const { series: [bins], x } = chartOf(renderReport(regression()), "residuals")!;
    expect(bins!.values.reduce((sum: number, count) => sum + count!, 0)).toBe(300);
    expect(x.values[0]).toBeLessThan(0);
    expect(chartOf(renderReport({ title: "t", history: [], predictions: { truth: [1, 2], predicted: [1, 2] } }), "residuals")!.series[0]!.values.filter(Boolean)).toEqual([2]);
  });

  test("thins long runs, and keeps what is smallest and largest", () => {
    const page = renderReport(long());
    const loss = chartOf(page, "loss")!;
    expect(loss.x.values).toHaveLength(1002);
    expect(loss.x.values).toEqual([...loss.x.values].sort((a, b) => a - b));
    expect([loss.x.values[0], loss.x.values.at(-1)]).toEqual([1, 10_000]);
    expect(loss.series[0]!.values).toContain(99);
    expect(loss.series[0]!.values).toContain(0.001);
    expect(loss.hint).toContain("10,000 points");
    expect(dataOf(page).moments).toHaveLength(60);
    expect(dataOf(page).moments.at(-1)).toBe("epoch 10000, step 99990");
    expect(page.length).toBeLessThan(3e6);
  });

  test("never lets a text of the record become markup", () => {
    const page = renderReport(hostile());
    expect(page).not.toContain("<img");
    expect(page).not.toContain("<!--");
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script/g)).toHaveLength(2);
    expect(dataOf(page).histograms[0]!.layer).toBe(hostile().diagnosis!.samples[0]!.layers[0]!.layer);
  });
});

describe("a wrong record", () => {
  const sample = { epoch: 1, step: 1, rows: 1, loss: 1, layers: [] };
  test.each<[unknown, string, string]>([
    [null, "type", "record: expected an object, got null"],
    [{ history: [] }, "type", "record.title: expected a text, got undefined"],
    [{ title: "t" }, "type", "record.history: expected an array, got undefined"],
    [{ title: "t", history: [{ epoch: "1" }] }, "type", "record.history[0].epoch"],
    [{ title: "t", history: [{ epoch: 1, loss: null }] }, "type", "record.history[0].loss: expected a number, got null"],
    [{ title: "t", history: [], stopped: "died" }, "unknown", "record.stopped"],
    [{ title: "t", history: [], metrics: { f1: "good" } }, "type", "record.metrics[\"f1\"]: expected a number, got \"good\""],
    [{ title: "t", history: [], facts: { a: {} } }, "type", "record.facts[\"a\"]"],
    [{ title: "t", history: [], confusion: { labels: ["a", "b"], counts: [[1, 2]] } }, "shape", "record.confusion.counts: expected 2 entries, got 1"],
    [{ title: "t", history: [], confusion: { labels: ["a"], counts: [[-1]] } }, "range", "record.confusion.counts[0][0]"],
    [{ title: "t", history: [], confusion: { labels: ["a"], counts: [[1, 2]] } }, "shape", "record.confusion.counts[0]: expected 1 entries, got 2"],
    [{ title: "t", history: [], predictions: { truth: [1], predicted: [NaN] } }, "range", "record.predictions.predicted[0]"],
    [{ title: "t", history: [], predictions: { truth: [1], predicted: [] } }, "shape", "record.predictions.predicted"],
    [{ title: "t", history: [], misclassified: [{ truth: "a", predicted: "b", confidence: 2 }] }, "range", "record.misclassified[0].confidence"],
    [{ title: "t", history: [], misclassified: [{ truth: "a", predicted: "b", confidence: 1, image: { width: 2, height: 2, pixels: [1] } }] }, "shape", "record.misclassified[0].image.pixels"],
    [{ title: "t", history: [], diagnosis: { samples: [{ ...sample, layers: [{ layer: 0 }] }], warnings: [] } }, "type", "record.diagnosis.samples[0].layers[0].layer"],
    [{ title: "t", history: [], diagnosis: { samples: [], warnings: [{ code: "x" }] } }, "type", "record.diagnosis.warnings[0].message"],
    [{ title: "t", history: [], spec: { layers: 3 } }, "type", "record.spec.layers"],
  ])("%j is refused, %s", (record, code, message) => {
    let error: unknown;
    try {
      renderReport(record as RunRecord);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(DeltawasmError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  });
});
