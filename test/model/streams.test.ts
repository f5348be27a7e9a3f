import { describe, expect, test } from "vitest";
import { type Cell, type Table, takeRows } from "deltawasm/data";
import { Model, type StreamTrainOptions, type TableStream } from "deltawasm/model";
import { SeededNumbers } from "../support/numbers";
import { expectRefusal } from "../support/refusals";

// Tables that come in parts.

const numbers = new SeededNumbers(4);
const columns = ["size", "town", "note", "price"];
const towns = ["Bonn", "Köln", "Ulm"];
/** Some rows have no size, and some no price. */
const rows = Array.from({ length: 600 }, (_, n): Cell[] => {
  const [size, town] = [numbers.uniform(20, 120), numbers.below(3)];
  return [n % 31 === 0 ? null : size, towns[town], `note ${n}`, n % 50 === 7 ? null : 3 * size + 40 * town + numbers.uniform(-5, 5)];
});
const table: Table = { columns, rows };

/** In parts of so many rows, of which the first has none with a target. */
const inParts = (of: Table, size: number): TableStream => async function* () {
  yield { columns, rows: [[50, "Ulm", "none", null]] };
  for (let from = 0; from < of.rows.length; from += size) yield { columns, rows: of.rows.slice(from, from + size) };
};

const options = { target: "price", epochs: 4, seed: 3 } satisfies StreamTrainOptions;

describe("Model.train over a stream", () => {
  test.each([1, 64, 600])("gives the bits of a table that memory holds, in parts of %d rows", async (size) => {
    const [whole, parts] = [await Model.train(table, options), await Model.train(inParts(table, size), options)];
    expect(parts.model.save()).toEqual(whole.model.save());
    // The first part has a row more.
    expect(parts.columns.map(({ name, type }) => [name, type])).toEqual(whole.columns.map(({ name, type }) => [name, type]));
    expect(parts.recipe).toEqual(whole.recipe);
    for (const { model } of [whole, parts]) model.dispose();
  });

  test("evaluates a stream of other rows after each epoch", async () => {
    const other = takeRows(table, Array.from({ length: 100 }, (_, n) => n));
    const [whole, parts] = [
      await Model.train(table, { ...options, validation: other }), await Model.train(inParts(table, 64), { ...options, validation: inParts(other, 30) }),
    ];
    expect(parts.history.epochs.map(({ validation }) => validation)).toEqual(whole.history.epochs.map(({ validation }) => validation));
    const beside = await Model.train(inParts(table, 64), { ...options, validation: other });
    expect(beside.history.epochs.map(({ validation }) => validation)).toEqual(whole.history.epochs.map(({ validation }) => validation));
    for (const { model } of [whole, parts, beside]) model.dispose();
  });

  test("stops by a validation of its own where it is asked to", async () => {
    // Of other towns: soon nothing gets better.
    const noise: Table = { columns, rows: rows.slice(0, 60).map(([size, , note], n) => [size, "elsewhere", note, (n * 7919) % 400]) };
    const { model, history } = await Model.train(inParts(table, 64), { ...options, epochs: 30, validation: inParts(noise, 30), stopEarly: true });
    const losses = history.epochs.map(({ validation }) => validation!.loss);
    expect(history.best).toEqual({ epoch: losses.indexOf(Math.min(...losses)) + 1, value: Math.min(...losses) });
    model.dispose();
  });

  test("knows how many steps an epoch has", async () => {
    const steps = new Set<number>();
    const { model, recipe } = await Model.train(inParts(table, 64), { ...options, onProgress: (progress) => { steps.add(progress.steps); } });
    expect([...steps]).toEqual([Math.ceil(588 / recipe.fit.batchSize!)]);
    model.dispose();
  });

  test("tries weight decay on some rows of many", async () => {
    const long: Table = { columns, rows: Array.from({ length: 20 }, () => rows).flat() };
    const { model, recipe } = await Model.train(inParts(long, 512), { ...options, epochs: 1 });
    expect(recipe.spec.input).toBe(model.network.inputs);
    // 2 · (400 / 11,760)^¾ where it is much, ½ · as much where it is little.
    const most = 2 * (400 / 11_760) ** 0.75;
    const { weightDecay } = recipe.trainer.optimizer as { weightDecay: number };
    expect([most, most / 4].some((decay) => Math.abs(weightDecay - decay) < 1e-9)).toBe(true);
    model.dispose();
  });

  test("an abort while it is read rejects with the signal's reason, and lets the source go", async () => {
    const controller = new AbortController();
    let isClosed = false;
    const endless: TableStream = function* () {
      try {
        for (let n = 0; ; n++) {
          if (n === 3) controller.abort();
          yield table;
        }
      } finally {
        isClosed = true;
      }
    };
    const error = await Model.train(endless, { ...options, signal: controller.signal }).catch((reason: unknown) => reason);
    expect(error).toBe(controller.signal.reason);
    expect(isClosed).toBe(true);
  });

  const failure = new Error("connection lost");
  test("what the stream throws passes as it is", async () => {
    await expect(Model.train(function* () { yield table; throw failure; }, options)).rejects.toBe(failure);
  });

  test.each<[string, () => Promise<unknown>, string, RegExp]>([
    ["no rows", () => Model.train(() => [], options), "empty", /^table: expected rows to be fitted to, got none/],
    ["no target", () => Model.train(() => [{ columns, rows: [[1, "Ulm", "", null]] }], options), "empty", /^table: none of 1 rows has a value of the target "price"/],
    ["an unknown target", () => Model.train(() => [table], { target: "prize" }), "unknown", /^target: there is no column "prize"/],
    ["other columns later", () => Model.train(() => [table, { columns: ["price"], rows: [[1]] }], options), "shape", /^table\.columns: /],
    ["no iterable", () => Model.train((() => 3) as never, options), "type", /^table: expected a function that gives an iterable of tables, got one that gives 3/],
    ["a part that is no table", () => Model.train(() => [3 as never], options), "type", /^table: expected a table, \{ columns, rows \}, got 3/],
    ["a share", () => Model.train(() => [table], { ...options, validation: 0.1 as never }), "type", /^options\.validation: expected a table/],
    ["stopEarly without a validation", () => Model.train(table, { ...options, stopEarly: true }), "conflict", /^options\.stopEarly: there is no validation/],
    ["stopEarly that is a number", () => Model.train(table, { ...options, stopEarly: 1 as never }), "type", /^options\.stopEarly: /],
  ])("refuses %s", async (_, call, code, says) => {
    await expectRefusal({ name: "", call, code: code as never, says }, undefined);
  });
});
