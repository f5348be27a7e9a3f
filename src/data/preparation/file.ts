import { checkNumber } from "../../core/check";
import { DeltawasmError } from "../../core/errors";
import { show } from "../../core/show";

/** Runs checks of what was read from a file: what they refuse is an error of the file. @throws DeltawasmError file */
export function fromFile<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DeltawasmError) || error.code === "file") throw error;
    throw new DeltawasmError("file", `${what}: not what was saved: ${error.message}; it is damaged, or of another version: save it again`);
  }
}

/** An array, each entry of which is read. @throws DeltawasmError type */
export function readArray<T>(where: string, value: unknown, read: (where: string, entry: unknown) => T): T[] {
  if (!Array.isArray(value)) throw new DeltawasmError("type", `${where}: expected an array, got ${show(value)}`);
  return Array.from(value, (entry: unknown, n) => read(`${where}[${n}]`, entry));
}

/** A text. @throws DeltawasmError type */
export function readText(where: string, value: unknown): string {
  if (typeof value !== "string") throw new DeltawasmError("type", `${where}: expected a text, got ${show(value)}`);
  return value;
}

/** Texts of which each is another. @throws DeltawasmError type, conflict */
export function readTexts(where: string, value: unknown): string[] {
  const texts = readArray(where, value, readText);
  const seen = new Set<string>();
  for (const text of texts) {
    if (seen.has(text)) throw new DeltawasmError("conflict", `${where}: expected texts of which each is another, got ${show(text)} twice`);
    seen.add(text);
  }
  return texts;
}

/** Larger than any number that a column may hold. */
const LARGEST = 1e31;

/** Mean and deviation of a column's numbers. @throws DeltawasmError type, range */
export function readMoments(where: string, given: Record<string, unknown>): { centre: number; scale: number } {
  return {
    centre: checkNumber(`${where}.centre`, given.centre, { min: -LARGEST, max: LARGEST }),
    scale: checkNumber(`${where}.scale`, given.scale, { above: 0, max: LARGEST }),
  };
}
