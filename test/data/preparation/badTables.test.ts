import { describe, expect, test } from "vitest";
import { type Cell, type ColumnType, inferColumns, type Table, TableEncoder, type TableOptions } from "deltawasm/data";
import { expectRefusal, type Refusal } from "../../support/refusals";

const rows: Cell[][] = Array.from({ length: 24 }, (_, n) => [n / 2, ["red", "blue"][n % 2], `2024-01-${String(n + 1).padStart(2, "0")}`, n % 3 === 0 ? "yes" : "no"]);
const table: Table = { columns: ["size", "colour", "day", "sold"], rows };
const options: TableOptions = { target: "sold" };
const fit = (change: Partial<Table>, more: Partial<TableOptions> = {}) => () => TableEncoder.fit({ ...table, ...change }, { ...options, ...more });
const target = (cell: (n: number) => Cell, more: Partial<TableOptions> = {}) => fit({ rows: rows.map((row, n) => [...row.slice(0, 3), cell(n)]) }, more);
const size = (cell: unknown) => fit({ rows: [...rows, [cell as Cell, "red", "2024-01-01", "yes"]] });

describe("fitting refuses", () => {
  const refusals: Refusal<undefined>[] = [
    { name: "no target", call: () => TableEncoder.fit(table, {} as TableOptions), code: "type", says: "target: expected the name of a column, got undefined" },
    { name: "a target that is no column", call: fit({}, { target: "price" }), code: "unknown", says: "target: there is no column \"price\"; there are \"size\", \"colour\"" },
    { name: "what is no table", call: () => TableEncoder.fit(rows as never, options), code: "type", says: "table: expected a table, { columns, rows }, got an array of 24" },
    { name: "columns of the same name", call: fit({ columns: ["size", "size", "day", "sold"] }), code: "conflict", says: "table.columns[1]: two columns are named \"size\"" },
    { name: "a column without a name", call: fit({ columns: ["size", 2 as never, "day", "sold"] }), code: "type", says: "table.columns[1]: expected a name, got 2" },
    { name: "a short row", call: fit({ rows: [...rows, [1, "red"]] }), code: "shape", says: "table.rows[24]: expected 4 cells, one a column, got 2" },
    { name: "a row that is none", call: fit({ rows: [null as never] }), code: "type", says: "table.rows[0]: expected an array of cells, got null" },
    { name: "no rows", call: fit({ rows: [] }), code: "empty", says: "expected rows to be fitted to, got none" },
    { name: "no columns", call: fit({ columns: [], rows: [] }), code: "empty", says: "table.columns: expected at least one column" },
    { name: "nothing but the target", call: () => TableEncoder.fit({ columns: ["sold"], rows: [["yes"], ["no"]] }, options), code: "empty", says: "no column is left to learn from (there is none but the target)" },
    { name: "columns none of which helps", call: fit({}, { types: { size: "ignored", colour: "ignored", day: "ignored" } }), code: "empty", says: "no column is left to learn from (\"size\": as asked for; " },
    { name: "a target that is empty throughout", call: target(() => null), code: "empty", says: "target: column \"sold\" has no value in any of 24 rows" },
    { name: "one class only", call: target(() => "yes"), code: "range", says: "target: column \"sold\" is \"yes\" in all rows: at least two classes are needed" },
    { name: "one number only", call: target(() => 2.5), code: "range", says: "is 2.5 in all rows: there is nothing to learn" },
    { name: "a class for each row", call: target((n) => `name ${n}`), code: "range", says: "nearly as many different values as rows (24 in 24)" },
    { name: "texts as numbers", call: target((n) => (n === 3 ? "many" : n), { task: "regression" }), code: "type", says: "has cells that are no numbers, such as \"many\"" },
    { name: "a cell that is an object", call: size({}), code: "type", says: "table: row 24, column \"size\": expected a text, a number, true, false or null, got an object" },
    { name: "a cell that is infinite", call: size(Infinity), code: "nonFinite", says: "table: row 24, column \"size\": expected a finite number" },
    { name: "a number that is too large", call: size(-1e31), code: "range", says: "expected a number between -1e30 and 1e30, got -1e+31" },
    { name: "the same as text", call: size("1e999"), code: "range", says: "table: row 24, column \"size\"" },
    { name: "an unknown option", call: fit({}, { taget: "sold" } as never), code: "unknown", says: "options.taget: no such option" },
    { name: "an unknown task", call: fit({}, { task: "ranking" as never }), code: "unknown", says: "task: expected one of classification, regression, got \"ranking\"" },
    { name: "a type of a column that isn't there", call: fit({}, { types: { hue: "category" } }), code: "unknown", says: "types: there is no column \"hue\"" },
    { name: "a type that isn't there", call: fit({}, { types: { colour: "text" as ColumnType } }), code: "unknown", says: "types[\"colour\"]: expected one of number, category, date, ignored, got \"text\"" },
    { name: "types that are no object", call: fit({}, { types: ["number"] as never }), code: "type", says: "types: expected an object" },
    { name: "a type of the target", call: fit({}, { types: { sold: "category" } }), code: "conflict", says: "\"sold\" is the target, whose type is the task" },
    { name: "texts that are to be numbers", call: fit({}, { types: { colour: "number" } }), code: "type", says: "types: column \"colour\" has no number in any of 24 cells" },
    { name: "numbers that are to be dates", call: fit({}, { types: { size: "date" } }), code: "type", says: "types: column \"size\" has no date in any of 24 cells" },
    { name: "dates of an order that isn't given", call: fit({ rows: rows.map(([a, b, , d], n) => [a, b, `${n + 1}.5.2024`, d]) }, { types: { day: "date" } }), code: "type", says: "types: column \"day\": it looks like dates such as \"1.5.2024\": to learn from them, say by dateOrder whether" },
    { name: "an order that is none", call: fit({}, { dateOrder: "ymd" as never }), code: "unknown", says: "dateOrder: expected one of dmy, mdy, got \"ymd\"" },
    { name: "categories without a limit", call: fit({}, { maxCategories: 0 }), code: "range", says: "maxCategories" },
    {
      name: "parts with other columns", code: "shape", says: "table.columns: expected \"size\", \"colour\", \"day\", \"sold\", as in the first part, got \"size\"",
      call: () => TableEncoder.fitter(options).add(table).add({ columns: ["size", "sold"], rows: [[1, "yes"]] }),
    },
  ];
  test.each(refusals)("$name", async (refusal) => {
    await expectRefusal(refusal, undefined);
  });

  test("and takes a table of two rows", () => {
    expect(TableEncoder.fit({ ...table, rows: rows.slice(0, 2) }, options).inputs).toBeGreaterThan(0);
  });

  test("and says what columns are without a target's values", () => {
    expect(inferColumns({ ...table, rows: rows.map((row) => [...row.slice(0, 3), null]) }, options)[0].type).toBe("number");
  });
});

describe("encoding refuses", () => {
  const refusals: Refusal<TableEncoder>[] = [
    { name: "a row that lacks a column", call: (encoder) => encoder.encode([{ size: 1, color: "red", day: "2024-01-01" }]), code: "shape", says: "rows[0]: expected a column \"colour\", as in training; there are \"size\", \"color\", \"day\"" },
    { name: "a table that lacks a column", call: (encoder) => encoder.encode({ columns: ["size", "day"], rows: [[1, null]] }), code: "shape", says: "rows.columns: expected a column \"colour\"" },
    { name: "a number that became a text", call: (encoder) => encoder.encode([[1, "red", null], ["big", "red", null]]), code: "type", says: "rows: row 1, column \"size\": expected a number, as in training, or null where there is none, got \"big\"" },
    { name: "a date that became a number", call: (encoder) => encoder.encode([[1, "red", 20240101]]), code: "type", says: "rows: row 0, column \"day\": expected a date such as \"2024-01-31\", as in training, got 20240101" },
    { name: "a row of another length", call: (encoder) => encoder.encode([[1, "red"]]), code: "shape", says: "rows[0]: expected 4 or 3 cells, one a column, got 2" },
    { name: "no rows", call: (encoder) => encoder.encode([]), code: "empty", says: "rows: expected at least one row, got none" },
    { name: "what is no row", call: (encoder) => encoder.encode(["red"] as never), code: "type", says: "rows[0]: expected a row" },
    { name: "what are no rows", call: (encoder) => encoder.encode(7 as never), code: "type", says: "rows: expected a table" },
    { name: "a cell that is none", call: (encoder) => encoder.encode([[() => 1, "red", null] as never]), code: "type", says: "rows: row 0, column \"size\": expected a text, a number, true, false or null, got a function" },
    { name: "a target that isn't there", call: (encoder) => encoder.encodeTarget([[1, "red", null]]), code: "shape", says: "rows[0]: expected 4 cells, with that of \"sold\", got 3" },
    { name: "a target without a value", call: (encoder) => encoder.encodeTarget([[1, "red", null, null]]), code: "empty", says: "row 0, column \"sold\": expected a value of the target, got none: leave such rows out" },
    { name: "a class that training didn't have", call: (encoder) => encoder.encodeTarget([[1, "red", null, "maybe"]]), code: "label", says: "expected a class that training had, \"no\", \"yes\", got \"maybe\"" },
    { name: "rows none of which has a target", call: (encoder) => encoder.encodeData([[1, "red", null, "NA"]]), code: "empty", says: "rows: none of 1 has a value of the target \"sold\"" },
  ];
  test.each(refusals)("$name", async (refusal) => {
    await expectRefusal(refusal, TableEncoder.fit(table, options));
  });

  test("and takes columns that training didn't have, and rows without those that were left out", () => {
    const encoder = TableEncoder.fit(table, { ...options, types: { day: "ignored" } });
    expect(encoder.encode([{ size: 1, colour: "red", weight: 3 }])).toEqual(encoder.encode([[1, "red", null]]));
  });
});

describe("an altered encoder", () => {
  const json = TableEncoder.fit({ columns: table.columns, rows: Array.from({ length: 126 }, (_, n) => (n === 125 ? [null, null, null, "no"] : rows[n % 24])) }, { ...options, pieces: 2 }).toJSON();
  /** Whatever a leaf or a branch is replaced by. */
  const replacements: unknown[] = [undefined, null, 0, -1, 0.5, NaN, 1e308, "", "x", true, [], {}, [[]], ["red", "red"]];

  function* alterations(value: unknown, put: (changed: unknown) => unknown): Generator<unknown> {
    for (const replacement of replacements) yield put(replacement);
    if (typeof value !== "object" || value === null) return;
    for (const key of Object.keys(value)) {
      const copy = () => (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
      yield* alterations((value as Record<string, unknown>)[key], (changed) => put(Object.assign(copy(), { [key]: changed })));
      const without = copy();
      if (Array.isArray(without)) without.splice(Number(key), 1);
      else delete without[key];
      yield put(without);
      yield put(Array.isArray(value) ? [...value, value[Number(key)]] : Object.assign(copy(), { [`${key}2`]: 1 }));
    }
  }

  test("is refused as a file, or encodes rows to finite numbers", () => {
    let [loaded, refused] = [0, 0];
    for (const altered of alterations(json, (changed) => changed)) {
      let encoder: TableEncoder;
      try {
        encoder = TableEncoder.fromJSON(JSON.parse(JSON.stringify(altered) ?? "null"));
      } catch (error) {
        expect((error as { code?: string }).code, String(error)).toBe("file");
        refused++;
        continue;
      }
      const x = encoder.encode({ columns: encoder.columns, rows: [encoder.columns.map(() => null)] });
      if (x.length !== encoder.inputs || !x.every(Number.isFinite)) expect.fail(`not finite: ${JSON.stringify(altered)}`);
      loaded++;
    }
    expect(loaded).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(400);
  });
});
