import { checkBoolean, checkOptions } from "../../core/check";
import type { Cell } from "../table";
import { isMissing, textOf } from "./cells";
import { readTexts } from "./file";
import { leastRows } from "./rare";
import type { ColumnSummary } from "./summary";

/** How a column of categories becomes inputs: one for each category, which is 1 in its rows and 0 in others. */
export interface CategoryEncoding {
  /** The column. */
  name: string;
  /** What it is. */
  type: "category";
  /** Those with an input of their own, the most frequent first. */
  categories: readonly string[];
  /** Whether the rest share an input: those that were too rare in training, and those that it didn't have. Without it they are 0 everywhere. */
  other: boolean;
  /** Whether an input tells that there is no value. Without it they are 0 everywhere. */
  missing: boolean;
}

/** Fits the encoding to a column's values: those that came at least a few times, the most frequent first. */
export function fitCategories({ name, present, counts, missing, uncounted }: ColumnSummary, most: number): CategoryEncoding {
  const least = leastRows(present);
  const frequent = [...counts].filter(([, count]) => count >= least).sort(([, a], [, b]) => b - a);
  const categories = frequent.slice(0, most).map(([text]) => text);
  return { name, type: "category", categories, other: uncounted > 0 || categories.length < counts.size, missing: missing >= least };
}

/** Inputs that it makes. */
export function categoryWidth({ categories, other, missing }: CategoryEncoding): number {
  return categories.length + (other ? 1 : 0) + (missing ? 1 : 0);
}

/** Places of names in a list; a number is found however it is written: 1, "1", "1.0". */
export class Names {
  readonly #places = new Map<string, number>();

  constructor(names: readonly string[]) {
    for (const [n, name] of names.entries()) {
      const plain = plainNumber(name);
      if (plain !== undefined && !this.#places.has(plain)) this.#places.set(plain, n);
    }
    for (const [n, name] of names.entries()) this.#places.set(name, n);
  }

  /** Its place, or undefined. */
  find(cell: Cell): number | undefined {
    const text = textOf(cell);
    const place = this.#places.get(text);
    if (place !== undefined) return place;
    const plain = plainNumber(text);
    return plain === undefined ? undefined : this.#places.get(plain);
  }
}

/** A number's usual form; undefined for other texts. */
function plainNumber(text: string): string | undefined {
  const number = text === "" ? NaN : Number(text);
  return Number.isFinite(number) ? String(number) : undefined;
}

/** Writes the inputs of a cell, which are 0 before. */
export function writeCategory({ categories, other, missing }: CategoryEncoding, names: Names, cell: Cell, out: Float32Array, at: number): void {
  if (isMissing(cell)) {
    if (missing) out[at + categories.length + (other ? 1 : 0)] = 1;
    return;
  }
  const place = names.find(cell) ?? (other ? categories.length : undefined);
  if (place !== undefined) out[at + place] = 1;
}

/** Checks one that was read from a file. @throws DeltawasmError */
export function readCategoryEncoding(where: string, json: unknown, name: string): CategoryEncoding {
  const given = checkOptions(where, json, ["name", "type", "categories", "other", "missing"]);
  return {
    name, type: "category",
    categories: readTexts(`${where}.categories`, given.categories),
    other: checkBoolean(`${where}.other`, given.other),
    missing: checkBoolean(`${where}.missing`, given.missing),
  };
}
