import { describe, expect, test } from "vitest";
import { dense, Network } from "deltawasm";
import { Scaler, type Table, TableEncoder } from "deltawasm/data";
import { type ArrayPreparation, Model, recipe, type TrainOptions } from "deltawasm/model";
import { expectRefusal, refused, type Refusal } from "../support/refusals";
import { flats, iris } from "../support/tables";

const train = (change: Partial<TrainOptions>, table: unknown = iris) => () => Model.train(table as Table, { target: "species", ...change });
const only = (rows: number) => ({ columns: iris.columns, rows: iris.rows.slice(0, rows) });

describe("Model.train refuses", () => {
  const refusals: Refusal<undefined>[] = [
    { name: "no table", call: train({}, null), code: "type", says: "table: expected a table, { columns, rows }, got null" },
    { name: "a table that is still being read", call: train({}, Promise.resolve(iris)), code: "type", says: "table: expected a table, { columns, rows }, got an object of type Promise" },
    { name: "no target", call: train({ target: undefined as never }), code: "type", says: "target: expected the name of a column" },
    { name: "a target that is no column", call: train({ target: "kind" }), code: "unknown", says: "target: there is no column \"kind\"; there are \"sepal_length_cm\"" },
    { name: "the same with a validation", call: train({ target: "kind", validation: 0.2 }), code: "unknown", says: "target: there is no column \"kind\"" },
    { name: "one class only", call: train({ task: "classification" }, only(50)), code: "range", says: "target: column \"species\" is \"0\" in all rows" },
    { name: "one row", call: train({}, only(1)), code: "range", says: "is 0 in all rows: there is nothing to learn" },
    { name: "no rows", call: train({}, only(0)), code: "empty", says: "table: expected rows to be fitted to, got none" },
    { name: "a target that is missing throughout", call: train({}, { columns: ["a", "species"], rows: [[1, null], [2, ""]] }), code: "empty", says: "has no value in any of 2 rows" },
    { name: "columns of one name", call: train({}, { columns: ["species", "species"], rows: [] }), code: "conflict", says: "two columns are named \"species\"" },
    { name: "an unknown option", call: train({ epoch: 3 } as never), code: "unknown", says: "options.epoch: no such option" },
    { name: "no epochs", call: train({ epochs: 0 }), code: "range", says: "options.epochs: expected a whole number, at least 1, got 0" },
    { name: "a batch of none", call: train({ batchSize: 0 }), code: "range", says: "options.batchSize" },
    { name: "a seed that is none", call: train({ seed: -1 }), code: "range", says: "options.seed" },
    { name: "a validation of everything", call: train({ validation: 1 }), code: "range", says: "options.validation: expected a finite number at least 0 and less than 1" },
    { name: "a callback that is none", call: train({ onStart: 3 as never }), code: "type", says: "options.onStart: expected a function, got 3" },
    { name: "another", call: train({ onEpoch: "x" as never }), code: "type", says: "options.onEpoch: expected a function, got \"x\"" },
    { name: "a signal that is none", call: train({ signal: {} as never }), code: "type", says: "options.signal: expected an AbortSignal" },
    { name: "options that are none", call: () => Model.train(iris, undefined as never), code: "type", says: "options: expected an object, got undefined" },
  ];
  test.each(refusals)("$name", async (refusal) => {
    await expectRefusal(refusal, undefined);
  });

  test("and learns from two rows", async () => {
    const { model } = await Model.train({ columns: ["a", "b"], rows: [[1, "x"], [2, "y"]] }, { target: "b" });
    expect((model as Model<"classification">).predict([[1], [2]]).map(({ label }) => label)).toEqual(["x", "y"]);
    model.dispose();
  });
});

describe("a model refuses", () => {
  const over = (preparation: unknown, outputs = 3) => async () => {
    using network = await Network.create({ input: 2, layers: [dense(outputs, outputs > 1 ? "softmax" : "linear")] });
    return new Model(network, preparation as ArrayPreparation).predict([[1, 2]]);
  };
  const labels = ["a", "b", "c"];
  const refusals: Refusal<undefined>[] = [
    { name: "what is no network", call: () => new Model({} as Network, {}), code: "type", says: "network: expected a Network, got an object" },
    { name: "no preparation", call: over(undefined), code: "type", says: "preparation: expected an object, got undefined" },
    { name: "an unknown part", call: over({ classes: labels }), code: "unknown", says: "preparation.classes: no such option" },
    { name: "fewer labels than outputs", call: over({ labels: ["a", "b"] }), code: "shape", says: "preparation.labels: expected 3 names, one a class, got 2" },
    { name: "labels of the same name", call: over({ labels: ["a", "b", "a"] }), code: "conflict", says: "got \"a\" twice" },
    { name: "labels that are no texts", call: over({ labels: [0, 1, 2] }), code: "type", says: "preparation.labels[0]: expected a text, got 0" },
    { name: "classes on a scale", call: over({ labels, targetScaler: new Scaler(0, 1) }), code: "conflict", says: "classes are not scaled" },
    { name: "a scaler that is none", call: over({ scaler: { offset: 0 } }), code: "type", says: "preparation.scaler: expected a Scaler, got an object" },
    { name: "a scaler of other rows", call: over({ scaler: new Scaler([1, 2, 3], [1, 1, 1]) }), code: "shape", says: "scaler: it was made for rows of 3 numbers, and these have 2" },
    { name: "an encoder of other rows", call: over(TableEncoder.fit(iris, { target: "species" })), code: "shape", says: "network: it has 2 inputs, and the encoder makes 4: create it with encoder.inputs" },
    { name: "outputs that are no probabilities", call: over({ labels: ["a", "b"] }, 1), code: "conflict", says: "let it end with softmax, or with one sigmoid" },
  ];
  test.each(refusals)("$name", async (refusal) => {
    await expectRefusal(refusal, undefined);
  });

  test("rows of another table, truth beside a table, and what comes after its end", async () => {
    const { model } = await Model.train(iris, { target: "species", epochs: 1 });
    expect((await refused(() => model.predict([[1, 2]]))).message).toContain("rows[0]: expected 5 or 4 cells");
    expect((await refused(() => model.predict(flats(3, 1, "price")))).message).toContain("expected a column \"sepal_length_cm\"");
    expect((await refused(() => model.evaluate([[1, 2, 3, 4, "9"]]))).code).toBe("label");
    expect((await refused(() => model.evaluate(iris, ["0"]))).code).toBe("conflict");
    model.dispose();
    for (const call of [() => model.predict(iris), () => model.save(), () => model.evaluate(iris)]) expect((await refused(call)).code).toBe("disposed");
  });

  test("a truth that is none, or of other classes", async () => {
    const network = await Network.create({ input: 2, layers: [dense(3, "softmax")] });
    using model = new Model(network, { labels });
    expect((await refused(() => model.evaluate([[1, 2]]))).message).toContain("truth: expected an array of what is right");
    expect((await refused(() => model.evaluate([[1, 2]], ["d"]))).message).toContain("truth[0]: expected one of \"a\", \"b\", \"c\", got \"d\"");
    expect((await refused(() => model.evaluate([[1, 2], [3, 4]], ["a"]))).code).toBe("shape");
  });
});

describe("recipe refuses", () => {
  const question = { task: "classification", rows: 100, inputs: 4, outputs: 3 } as const;
  test.each([
    [{ rows: 0 }, "range", "rows"], [{ inputs: 1.5 }, "range", "inputs"], [{ outputs: "3" }, "type", "outputs"], [{ task: "both" }, "unknown", "task"],
    [{ decay: -1 }, "range", "decay"], [{ depth: 3 }, "unknown", "question.depth"],
  ])("%j", async (change, code, says) => {
    const error = await refused(() => recipe({ ...question, ...change } as never));
    expect([error.code, error.message.startsWith(says)]).toEqual([code, true]);
  });
});

describe("Model.load refuses", () => {
  const saved = async (metadata: Record<string, string>, outputs = 2) => {
    using network = await Network.create({ input: 1, layers: [dense(outputs, "softmax")] });
    network.metadata = metadata;
    return network.save();
  };
  const fine = { version: 1, labels: ["a", "b"], scaler: { offset: [0], scale: [2] } };
  const file = async (preparation: unknown) => saved({ "deltawasm.model": JSON.stringify(preparation) });

  test("a network without a preparation, and says what to do", async () => {
    const error = await refused(async () => Model.load(await saved({})));
    expect([error.code, error.message]).toEqual(["file", expect.stringContaining("load it by Network.load, or save a Model")]);
  });

  test("a model for another task", async () => {
    const error = await refused(async () => Model.load(await file(fine), "regression"));
    expect([error.code, error.message]).toEqual(["conflict", "task: expected a model for \"regression\", the file has one for classification"]);
  });

  test("what is no file", async () => {
    expect((await refused(() => Model.load(new Uint8Array(9)))).code).toBe("file");
    expect((await refused(() => Model.load("model" as never))).code).toBe("type");
  });

  test("a preparation that is not what was saved, as a file; and nothing stays in memory", async () => {
    using witness = await Network.create({ input: 1, layers: [dense(1)] });
    const { used } = witness.inspect().core;
    (await Model.load(await file(fine))).dispose();
    const encoder = TableEncoder.fit({ columns: ["a", "b"], rows: [[1, "x"], [2, "y"]] }, { target: "b" });
    (await Model.load(await file({ version: 1, encoder }))).dispose();
    const wrong: unknown[] = [
      null, 3, "x", [], {}, { ...fine, version: 2 }, { ...fine, version: "1" }, { ...fine, labels: ["a"] }, { ...fine, labels: "ab" }, { ...fine, labels: ["a", 1] },
      { ...fine, scaler: {} }, { ...fine, scaler: { offset: [0], scale: [0] } }, { ...fine, scaler: { offset: [0, 0], scale: [1, 1] } }, { ...fine, other: 1 },
      { ...fine, targetScaler: fine.scaler }, { version: 1, encoder: {} }, { version: 1, encoder: { ...encoder.toJSON(), target: { name: "b", task: "regression", centre: 0, scale: 1 } } },
      { version: 1, encoder: { ...encoder.toJSON(), columns: ["b"] } },
    ];
    for (const preparation of wrong) {
      const error = await refused(async () => Model.load(await file(preparation)));
      expect(error.code, `${JSON.stringify(preparation)}: ${error.message}`).toBe("file");
    }
    for (const text of ["", "{", "undefined"]) expect((await refused(async () => Model.load(await saved({ "deltawasm.model": text })))).code).toBe("file");
    for (const run of ["", "[]", "{}", "{\"title\":1,\"history\":[]}"]) {
      expect((await refused(async () => Model.load(await saved({ "deltawasm.model": JSON.stringify(fine), "deltawasm.run": run })))).code).toBe("file");
    }
    expect(witness.inspect().core.used).toBe(used);
  });
});
