import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readJson, streamJsonLines } from "deltawasm/data";
import { refused } from "../support/refusals";

const rows = [{ a: 1, b: "x" }, { b: null, c: true }, { a: -0.5, __proto__: null, "d d": "\"" }];
const expected = { columns: ["a", "b", "c", "d d"], rows: [[1, "x", null, null], [null, null, true, null], [-0.5, null, null, '"']] };
const lines = rows.map((row) => JSON.stringify(row)).join("\n");

describe("rows in JSON", () => {
  test.each([
    ["an array", JSON.stringify(rows)], ["an array with blanks and a mark", `\ufeff \n${JSON.stringify(rows, null, 2)}`], ["lines", lines], ["lines with empty ones", `\n${lines}\r\n\n`],
  ])("%s", async (_, text) => {
    expect(await readJson(text)).toEqual(expected);
    expect(await readJson(gzipSync(text))).toEqual(expected);
    expect(await readJson([text.slice(0, 3), new TextEncoder().encode(text.slice(3))])).toEqual(expected);
  });

  test("lines as a stream of tables, each with its columns", async () => {
    const tables = [];
    for await (const table of streamJsonLines([lines.slice(0, 20), lines.slice(20)], { rows: 2 })) tables.push(table);
    expect(tables).toEqual([{ columns: ["a", "b", "c"], rows: [[1, "x", null], [null, null, true]] }, { columns: ["a", "d d"], rows: [[-0.5, '"']] }]);
  });
});

test.each<[string, string, string, RegExp]>([
  ["nothing", " \n", "empty", /^json: expected rows, got none/],
  ["an empty array", "[]", "empty", /got none/],
  ["a broken array", '[{"a":1},', "file", /^json: not JSON/],
  ["a broken line", '{"a":1}\n\n{"a":', "file", /^json: line 3: not JSON/],
  ["numbers", "[1, 2]", "file", /^json: row 1: expected an object of cells, got 1/],
  ["a nested cell", '{"a":1}\n{"a":{"b":1}}', "file", /^json: line 2, "a": expected text, a number, true, false or null, got an object; bring/],
  ["an array as a cell", '[{"a":[1]}]', "file", /^json: row 1, "a": .* got an array of 1/],
])("refuses %s", async (_, text, code, words) => {
  const error = await refused(() => readJson(text));
  expect(error.message).toMatch(words);
  expect(error.code).toBe(code);
});
