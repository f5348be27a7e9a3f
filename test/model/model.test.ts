import { describe, expect, test } from "vitest";
import { dense, Network, Trainer } from "deltawasm";
import { Scaler, standardScaler, takeRows } from "deltawasm/data";
import { Model } from "deltawasm/model";
import type { RunRecord } from "deltawasm/report";
import { divided, flats, iris } from "../support/tables";

const flatOf = (town: string, size: number | null) => ({ town, size, built: "1990-06-01" });

describe("Model.train", () => {
  test("learns to tell irises apart, with no option but the target", async () => {
    const { training, test } = divided(iris);
    const { model, history } = await Model.train(training, { target: "species", task: "classification" });
    expect(model.labels).toEqual(["0", "1", "2"]);
    expect(history.stopped).toBe("completed");
    const { rows, metrics, confusion } = model.evaluate(test);
    expect(rows).toBe(test.rows.length);
    // 38 rows, two of which may be wrong; an accuracy of 1/3 is chance.
    expect(metrics.accuracy).toBeGreaterThan(0.94);
    expect(confusion.counts.flat().reduce((sum, count) => sum + count, 0)).toBe(rows);
    expect(metrics.accuracy).toBeCloseTo(confusion.counts.reduce((sum, row, n) => sum + row[n], 0) / rows, 12);
    model.dispose();
  });

  test("learns from texts, dates and holes, and says why it leaves a column out", async () => {
    const { training, test } = divided(flats(400, 1, "class"));
    const { model, columns } = await Model.train(training, { target: "class", task: "classification" });
    expect(columns.map(({ type }) => type)).toEqual(["category", "number", "date", "ignored", "target"]);
    // Sizes are unknown in a twelfth of the rows, which leaves some wrong.
    const { metrics } = model.evaluate(test);
    expect(metrics.accuracy).toBeGreaterThan(0.9);
    expect(metrics.rocAuc).toBeGreaterThan(0.95);
    const [dear, cheap] = model.predict([flatOf("Kiel", 88), flatOf("Ulm", 21)]);
    expect([dear.label, cheap.label]).toEqual(["dear", "cheap"]);
    expect(dear.confidence).toBe(dear.probabilities[1]);
    expect(dear.probabilities[0] + dear.probabilities[1]).toBeCloseTo(1, 5);
    model.dispose();
  });

  test("gives numbers in the target's own units", async () => {
    const table = flats(400, 2, "price");
    const { model } = await Model.train(takeRows(table, Array.from({ length: 300 }, (_, n) => n)), { target: "price", task: "regression" });
    expect(model.task).toBe("regression");
    expect(model.labels).toEqual([]);
    // 3 · 60 + 40 + 40, give or take noise of ±5 and what 300 rows leave open.
    expect(Math.abs(model.predict([flatOf("Bonn", 60)])[0] - 260)).toBeLessThan(12);
    const { metrics, predictions } = model.evaluate(takeRows(table, Array.from({ length: 100 }, (_, n) => 300 + n)));
    expect(metrics.r2).toBeGreaterThan(0.85);
    expect(predictions.truth[0]).toBeCloseTo(table.rows[300][4] as number, 3);
    expect(model.predict([["Bonn", 60, "1990-06-01", "anybody"]])).toEqual(model.predict([flatOf("Bonn", 60)]));
    model.dispose();
  });

  test("gives the same bits for the same seed, others for another", async () => {
    const files = await Promise.all([0, 0, 1].map(async (seed) => {
      const { model } = await Model.train(iris, { target: "species", seed, epochs: 3 });
      using _ = model;
      return model.save();
    }));
    expect(Buffer.compare(files[0], files[1])).toBe(0);
    expect(Buffer.compare(files[0], files[2])).not.toBe(0);
  });

  test("leaves rows without a target out", async () => {
    const rows = [...iris.rows, ...iris.rows.slice(0, 30).map((row) => [...row.slice(0, 4), "NA"])];
    const [all, some] = await Promise.all([iris, { columns: iris.columns, rows }].map((table) => Model.train(table, { target: "species", epochs: 2 })));
    expect(some.model.save()).toEqual(all.model.save());
    for (const { model } of [all, some]) model.dispose();
  });

  test("tells what it does, and what it has done", async () => {
    const told: string[] = [];
    const { model, history, recipe } = await Model.train(iris, {
      target: "species", epochs: 3, batchSize: 50,
      onStart: ({ rows, data, columns, trainer }) => void told.push(`${rows} ${(data as { x: Float32Array }).x.length} ${columns.length} ${trainer.steps}`),
      onEpoch: ({ epoch }) => void told.push(`epoch ${epoch}`),
      onProgress: ({ steps }) => void told.push(`of ${steps}`),
    });
    expect(told[0]).toBe("150 600 5 0");
    expect(told.filter((line) => line.startsWith("epoch"))).toEqual(["epoch 1", "epoch 2", "epoch 3"]);
    expect(told).toContain("of 3");
    expect(recipe.fit).toEqual({ epochs: 3, batchSize: 50 });
    expect(history.epochs).toHaveLength(3);
    model.dispose();
  });

  test("keeps a share of each class for validation, and takes the best epoch", async () => {
    const rows = [...iris.rows, ["5", "3", "2", "1", "only one"]];
    const { model, history } = await Model.train({ columns: iris.columns, rows }, {
      target: "species", validation: 0.2, onStart: (start) => expect(start.rows).toBe(121),
    });
    // The class with a single row is learned from, wherever chance put it.
    expect(model.labels).toContain("only one");
    const losses = history.epochs.map(({ validation }) => validation!.loss);
    expect(history.best).toEqual({ epoch: losses.indexOf(Math.min(...losses)) + 1, value: Math.min(...losses) });
    model.dispose();
  });

  test("evaluates a table beside it after each epoch, which decides nothing", async () => {
    const { training, test } = divided(iris);
    const [beside, alone] = [
      await Model.train(training, { target: "species", epochs: 4, validation: test }), await Model.train(training, { target: "species", epochs: 4 }),
    ];
    expect(beside.history.epochs.map(({ validation }) => validation?.accuracy)).toEqual([0, 1, 2, 3].map(() => expect.any(Number)));
    const last = beside.history.epochs.at(-1)!.validation!.accuracy!;
    // Shares of as many rows, counted in 64 bits by both.
    expect(beside.model.evaluate(test).metrics.accuracy).toBeCloseTo(last, 12);
    expect(beside.model.save()).toEqual(alone.model.save());
    for (const { model } of [beside, alone]) model.dispose();
  });

  test("ends by a signal, with what it has reached", async () => {
    const stop = new AbortController();
    const { model, history } = await Model.train(iris, { target: "species", signal: stop.signal, onEpoch: ({ epoch }) => { if (epoch === 2) stop.abort(); } });
    expect(history).toMatchObject({ stopped: "aborted", epochs: [{ epoch: 1 }, { epoch: 2 }] });
    expect(model.predict([[5, 3, 1, 0.2]])).toHaveLength(1);
    model.dispose();
  });

  test("gives memory back when it fails", async () => {
    using witness = await Network.create({ input: 1, layers: [dense(1)] });
    const { used } = witness.inspect().core;
    await expect(Model.train(iris, { target: "species", epochs: 2, onEpoch: () => { throw new Error("enough"); } })).rejects.toThrow("enough");
    await expect(Model.train(iris, { target: "species", onStart: () => { throw new Error("enough"); } })).rejects.toThrow("enough");
    expect(witness.inspect().core.used).toBe(used);
  });
});

describe("a model's file", () => {
  test("gives the same predictions, classes and run", async () => {
    const { model, history } = await Model.train(flats(80, 3, "class"), { target: "class", epochs: 4 });
    const run: RunRecord = { title: "flats.csv", history: history.epochs, metrics: { accuracy: 0.9 } };
    model.run = run;
    const bytes = model.save();
    using loaded = await Model.load(bytes, "classification");
    const rows = flats(20, 4, "class");
    expect(loaded.predict(rows)).toEqual(model.predict(rows));
    expect(loaded.labels).toEqual(["cheap", "dear"]);
    expect(loaded.run).toEqual(run);
    expect(loaded.save()).toEqual(bytes);
    loaded.run = undefined;
    using bare = await Model.load(loaded.save());
    expect(bare.run).toBeUndefined();
    model.dispose();
  });

  test("of numbers gives the same numbers", async () => {
    const { model } = await Model.train(flats(80, 3, "price"), { target: "price", epochs: 4 });
    using loaded = await Model.load(model.save(), "regression");
    expect(loaded.predict(flats(20, 4, "price"))).toEqual(model.predict(flats(20, 4, "price")));
    model.dispose();
  });

  test("may be a checkpoint of its trainer", async () => {
    let checkpoint: Uint8Array | undefined;
    let trainer: Trainer | undefined;
    const { model } = await Model.train(iris, {
      target: "species", epochs: 3, onStart: (start) => { trainer = start.trainer; }, onEpoch: () => { checkpoint = trainer!.save(); },
    });
    using loaded = await Model.load(checkpoint!);
    expect(loaded.predict(iris)).toEqual(model.predict(iris));
    model.dispose();
  });
});

describe("a model of a network of one's own", () => {
  const x = [[0, 10], [255, 20], [51, 30]];

  test("scales plain rows, and names the classes of a softmax", async () => {
    const network = await Network.create({ input: 2, layers: [dense(3, "softmax")], seed: 3 });
    const scaler = new Scaler(0, 255);
    using model = new Model<"classification">(network, { scaler, labels: ["red", "green", "blue"] });
    const outputs = network.predict(scaler.transform(x));
    const predictions = model.predict(x);
    expect(predictions.flatMap(({ probabilities }) => probabilities)).toEqual(Array.from(outputs));
    const labels = predictions.map(({ label }) => label);
    expect(labels.map((label) => ["red", "green", "blue"].indexOf(label))).toEqual([0, 1, 2].map((row) => {
      const own = outputs.subarray(row * 3, row * 3 + 3);
      return own.indexOf(Math.max(...own));
    }));
    expect(model.evaluate(x, labels).metrics.accuracy).toBe(1);
    using loaded = await Model.load(model.save());
    expect(loaded.predict(x)).toEqual(predictions);
  });

  test("gives a single sigmoid two classes", async () => {
    const network = await Network.create({ input: 2, layers: [dense(1, "sigmoid")], seed: 3 });
    using model = new Model<"classification">(network, { labels: ["no", "yes"] });
    const [p] = network.predict([[1, 2]]);
    const [{ label, confidence, probabilities }] = model.predict([[1, 2]]);
    expect(probabilities).toEqual([1 - p, p]);
    expect([label, confidence]).toEqual(p > 0.5 ? ["yes", p] : ["no", 1 - p]);
    expect(model.evaluate([[1, 2], [1, 2]], ["no", "yes"]).metrics.accuracy).toBe(0.5);
  });

  test("gives numbers in their own units, several a row", async () => {
    const network = await Network.create({ input: 2, layers: [dense(2)], seed: 3 });
    const targetScaler = standardScaler(2).fit([[100, 1], [300, 3], [200, 5]]);
    using model = new Model<"regression">(network, { targetScaler });
    const raw = network.predict(x);
    expect(model.predict(x)).toEqual(Array.from(raw, (z, n) => z * targetScaler.scale[n % 2] + targetScaler.offset[n % 2]));
    using loaded = await Model.load(model.save());
    expect(loaded.predict(x)).toEqual(model.predict(x));
  });
});
