import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A table in a file, and what is to be told from it. */
export interface TableSet {
  name: string;
  path: string;
  target: string;
  task: "classification" | "regression";
  /** Held out once a seed instead of cross-validated, where it is large. */
  isLarge: boolean;
}

const classification = "classification" as const;
const regression = "regression" as const;

/** Tables of the data folder: file, target, task. */
const real = [
  ["iris", "tables/iris.csv", "species", classification],
  ["wine", "tables/wine.csv", "class", classification],
  ["breast cancer", "tables/breast_cancer.csv", "benign", classification],
  ["penguins", "penguins/penguins.csv", "species", classification],
  ["digits", "tables/digits.csv", "label", classification],
  ["Seattle weather", "timeseries/seattle-weather-daily.csv", "weather", classification],
  ["diabetes", "tables/diabetes.csv", "progression", regression],
  ["California housing", "california-housing/housing.csv", "median_house_value", regression],
] as const;

/** Uniform numbers from 0 to 1: mulberry32. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Tables that are made up, so that there are some without the folder: `row` gives the cells, the target last. */
const madeUp = [
  {
    name: "Friedman 1", task: regression, rows: 1500, columns: 10,
    // Friedman 1991: five of ten inputs matter, with noise of deviation 1.
    row: (x: number[], normal: () => number) => 10 * Math.sin(Math.PI * x[0] * x[1]) + 20 * (x[2] - 0.5) ** 2 + 10 * x[3] + 5 * x[4] + normal(),
  },
  {
    name: "weak signal", task: classification, rows: 3000, columns: 15,
    row: (x: number[], normal: () => number) => (x[0] + x[1] / 2 - 0.75 + normal() > 0 ? "yes" : "no"),
  },
];

/** The tables that there are, and the names of those that are missing. */
export function findSets(folder: string | undefined, build: string): { sets: TableSet[]; missing: string[] } {
  mkdirSync(build, { recursive: true });
  const sets: TableSet[] = [];
  const missing: string[] = [];
  for (const [name, file, target, task] of real) {
    const path = folder === undefined ? undefined : join(folder, file);
    if (path !== undefined && existsSync(path)) sets.push({ name, path, target, task, isLarge: name === "California housing" });
    else missing.push(`${name} (${file})`);
  }
  for (const [n, { name, task, rows, columns, row }] of madeUp.entries()) {
    const random = uniform(n + 1);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const lines = Array.from({ length: rows }, () => {
      const x = Array.from({ length: columns }, random);
      return [...x, row(x, normal)].join(",");
    });
    const path = join(build, `${name.replace(" ", "-")}.csv`);
    writeFileSync(path, `${Array.from({ length: columns }, (_, c) => `x${c}`).join(",")},y\n${lines.join("\n")}\n`);
    sets.push({ name, path, target: "y", task, isLarge: false });
  }
  return { sets, missing };
}
