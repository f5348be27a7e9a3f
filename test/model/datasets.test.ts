import { describe, expect, test } from "vitest";
import { Dataset, minMaxScaler, Scaler } from "deltawasm/data";
import { Model } from "deltawasm/model";
import { expectRefusal, type Refusal } from "../support/refusals";
import { iris } from "../support/tables";

const x = iris.rows.map((row) => row.slice(0, 4).map(Number));
const names = iris.rows.map((row) => ["setosa", "versicolor", "virginica"][Number(row[4])]);
const named = Dataset.from({ x, y: names });
const numbers = Dataset.from({ x: x.map(([a, b, c]) => [a, b, c]), y: x.map((row) => [100 * row[3], -row[3]]) });

describe("Model.train on a data set", () => {
  test("learns classes by their names, with no option at all", async () => {
    const { training, test: held } = named.split({ test: 0.25, seed: 1 });
    const { model, columns, history } = await Model.train(training);
    expect([model.labels, model.task, columns, history.stopped]).toEqual([named.classNames, "classification", [], "completed"]);
    const { metrics } = (model as Model<"classification">).evaluate(held!);
    expect(metrics.accuracy).toBeGreaterThan(0.94);
    const rows = [[5.1, 3.5, 1.4, 0.2], [6.7, 3.1, 5.6, 2.4]];
    expect((model as Model<"classification">).predict(rows).map(({ label }) => label)).toEqual(["setosa", "virginica"]);
    using loaded = await Model.load(model.save(), "classification");
    expect(loaded.predict(rows)).toEqual(model.predict(rows));
    // Names in another order are the same classes; indices without names are the model's.
    expect(loaded.evaluate(Dataset.from(held!, { classNames: ["virginica", "setosa", "versicolor"] })).metrics.accuracy).toBe(metrics.accuracy);
    expect(loaded.evaluate(Dataset.from({ x: held!.x, y: held!.y })).metrics.accuracy).toBe(metrics.accuracy);
    model.dispose();
  });

  test("names classes by their indices where they have no names", async () => {
    const { model } = await Model.train(Dataset.from({ x, y: named.y }), { epochs: 1 });
    expect(model.labels).toEqual(["0", "1", "2"]);
    model.dispose();
  });

  test("gives numbers in their own units, several a row", async () => {
    const { model } = await Model.train(numbers, { task: "regression", hidden: [], epochs: 60 });
    const { metrics, predictions } = model.evaluate(numbers);
    expect(predictions.truth.slice(0, 2)).toEqual([Math.fround(100 * x[0][3]), Math.fround(-x[0][3])]);
    expect(metrics.r2).toBeGreaterThan(0.9);
    // A line, whose widths are not those of petals alone.
    expect(model.network.spec.layers).toHaveLength(1);
    model.dispose();
  });

  test("takes whole numbers as numbers where it is asked to", async () => {
    const { model } = await Model.train(Dataset.from({ x, y: x.map((row) => Math.round(10 * row[3])) }), { task: "regression", epochs: 30 });
    expect(model.evaluate(Dataset.from({ x, y: x.map((row) => 10 * row[3]) })).metrics.r2).toBeGreaterThan(0.8);
    model.dispose();
  });

  test("gives the same bits for the same seed, others for another", async () => {
    const files = await Promise.all([0, 0, 1].map(async (seed) => {
      using model = (await Model.train(named, { seed, epochs: 3 })).model;
      return model.save();
    }));
    expect(Buffer.compare(files[0], files[1])).toBe(0);
    expect(Buffer.compare(files[0], files[2])).not.toBe(0);
  });

  test("keeps a share of it for validation, or takes another data set; weights count", async () => {
    const { training, test: held } = named.split({ test: 0.25, seed: 1 });
    const share = await Model.train(training, { validation: 0.2, epochs: 4, onStart: ({ rows }) => expect(rows).toBe(Math.round(0.8 * training.rows)) });
    expect(share.history.best).toBeDefined();
    const beside = await Model.train(training, { validation: held!, epochs: 4 });
    expect(beside.history.best).toBeUndefined();
    expect(beside.history.epochs.at(-1)!.validation!.accuracy).toBeCloseTo((beside.model as Model<"classification">).evaluate(held!).metrics.accuracy, 12);
    const light = await Model.train(Dataset.from({ x, y: names, weights: names.map((name) => (name === "setosa" ? 1 : 0)) }));
    expect((light.model as Model<"classification">).predict(x).every(({ label }) => label === "setosa")).toBe(true);
    for (const { model } of [share, beside, light]) model.dispose();
  });

  test("takes a scaler, widths of hidden layers and a learning rate", async () => {
    const { model, recipe } = await Model.train(named, { scaler: new Scaler(4, 2), hidden: [9, 7], learningRate: 0.005, epochs: 1 });
    expect((model.preparation as { scaler: Scaler }).scaler.toJSON()).toEqual({ offset: [4], scale: [2] });
    expect(recipe.spec.layers.flatMap((layer) => (layer.type === "dense" ? [layer.units] : []))).toEqual([9, 7, 3]);
    expect(recipe.trainer.optimizer).toMatchObject({ learningRate: 0.005 });
    model.dispose();
  });
});

describe("it refuses", () => {
  const refusals: Refusal<undefined>[] = [
    { name: "an option of tables", call: () => Model.train(named, { target: "species" } as never), code: "unknown", says: "options.target: no such option" },
    { name: "classes that are none", call: () => Model.train(numbers, { task: "classification" }), code: "conflict", says: "options.task: the targets are no classes" },
    { name: "one class", call: () => Model.train(Dataset.from({ x: [[1], [2]], y: ["a", "a"] })), code: "range", says: "data: its targets are of one class alone, \"a\"" },
    { name: "a scaler of other rows", call: () => Model.train(named, { scaler: minMaxScaler(2).fit([[1, 2]]) }), code: "shape", says: "it was made for rows of 2 numbers" },
    { name: "another's validation", call: () => Model.train(named, { validation: numbers }), code: "shape", says: "options.validation: expected rows of 4 inputs" },
    { name: "a validation with classes of other names", call: () => Model.train(named, { validation: Dataset.from({ x, y: names.map((name) => `iris ${name}`) }) }), code: "conflict", says: "options.validation: its classes have other names" },
    { name: "a table to validate by", call: () => Model.train(named, { validation: iris as never }), code: "type", says: "options.validation: expected a share or a Dataset" },
    { name: "a hidden layer of no width", call: () => Model.train(named, { hidden: [8, 0] }), code: "range", says: "hidden[1]: expected a whole number, at least 1, got 0" },
    { name: "widths that are no array", call: () => Model.train(named, { hidden: 8 as never }), code: "type", says: "hidden: expected an array of widths, got 8" },
    { name: "no learning rate", call: () => Model.train(named, { learningRate: 0 }), code: "range", says: "learningRate: expected a finite number greater than 0 and at most 1000000, got 0" },
    { name: "to judge by a class that it doesn't know", call: async () => {
      using model = (await Model.train(named, { epochs: 1 })).model;
      return model.evaluate(Dataset.from({ x, y: names.map(() => "tulip") }));
    }, code: "label", says: "truth[0]: expected one of \"setosa\"" },
    { name: "to judge by an index that it doesn't know", call: async () => {
      using model = (await Model.train(named, { epochs: 1 })).model;
      return model.evaluate(Dataset.from({ x, y: names.map(() => 3) }));
    }, code: "label", says: "data: row 0: expected a class index below 3, got 3" },
    { name: "a truth beside the data set's own", call: async () => {
      using model = (await Model.train(named, { epochs: 1 })).model;
      return model.evaluate(named, names);
    }, code: "conflict", says: "truth: a data set has its own" },
  ];
  test.each(refusals)("$name", async (refusal) => {
    await expectRefusal(refusal, undefined);
  });
});
