import { readFileSync } from "node:fs";
import { type Cell, readCsv, splitIndices, type Table, takeRows } from "deltawasm/data";
import { SeededNumbers } from "./numbers";

/** Fisher's irises: test/fixtures/tables/README.md. */
export const iris: Table = await readCsv(readFileSync(new URL("../fixtures/tables/iris.csv", import.meta.url), "utf8"));

/** A table in two parts, with the same share of each class of its last column. */
export function divided(table: Table, seed = 0): { training: Table; test: Table } {
  const target = table.columns.length - 1;
  const parts = splitIndices(table.rows.length, { test: 0.25, seed, stratify: table.rows.map((row) => String(row[target])) });
  return { training: takeRows(table, parts.training), test: takeRows(table, parts.test) };
}

/** Flats: a town, a size that is sometimes missing, when they were built, a guest's name; and a price that follows from them, or its class. */
export function flats(rows: number, seed: number, target: "price" | "class"): Table {
  const numbers = new SeededNumbers(seed);
  const towns = ["Ulm", "Bonn", "Kiel"];
  return {
    columns: ["town", "size", "built", "guest", target],
    rows: Array.from({ length: rows }, (_, n): Cell[] => {
      const [town, size, year] = [numbers.below(3), numbers.uniform(20, 90), 1950 + numbers.below(70)];
      const price = 3 * size + [0, 40, 90][town] + (year - 1950) + numbers.uniform(-5, 5);
      return [towns[town], numbers.below(12) === 0 ? null : size, `${year}-06-01`, `guest ${n}`, target === "price" ? price : price > 245 ? "dear" : "cheap"];
    }),
  };
}
