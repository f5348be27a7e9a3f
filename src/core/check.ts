import { DeltawasmError } from "./errors";
import { show } from "./show";

// Checks of single arguments. Undefined is a default, null is an error. `name` is the argument as the user wrote it, in the message.

/** A finite number in a range; `above` excludes its end, `min` and `max` include it. */
export function checkNumber(name: string, value: unknown, range: { above?: number; min?: number; max?: number; below?: number } = {}): number {
  const limit = (words: string, end: number | undefined) => (
    end === undefined ? "" : `${words} ${end < 1e9 ? end : end.toExponential().replace("+", "")}`
  );
  const limits = [
    limit("greater than", range.above), limit("at least", range.min), limit("less than", range.below), limit("at most", range.max),
  ].filter(Boolean).join(" and ");
  const expected = limits ? `a finite number ${limits}` : "a finite number";
  if (typeof value !== "number") throw new DeltawasmError("type", `${name}: expected ${expected}, got ${show(value)}`);
  const inside = Number.isFinite(value) && value > (range.above ?? -Infinity) && value >= (range.min ?? -Infinity)
    && value < (range.below ?? Infinity) && value <= (range.max ?? Infinity);
  if (!inside) throw new DeltawasmError("range", `${name}: expected ${expected}, got ${show(value)}`);
  return value;
}

/** A whole number in [min, max]. */
export function checkInteger(name: string, value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): number {
  const expected = max === Number.MAX_SAFE_INTEGER ? `a whole number, at least ${min}` : `a whole number from ${min} to ${max}`;
  if (typeof value !== "number") throw new DeltawasmError("type", `${name}: expected ${expected}, got ${show(value)}`);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new DeltawasmError("range", `${name}: expected ${expected}, got ${show(value)}`);
  }
  return value;
}

/** One of a set of names. */
export function checkName<Name extends string>(name: string, value: unknown, names: readonly Name[]): Name {
  if (typeof value === "string" && (names as readonly string[]).includes(value)) return value as Name;
  throw new DeltawasmError(typeof value === "string" ? "unknown" : "type", `${name}: expected one of ${names.join(", ")}, got ${show(value)}`);
}

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new DeltawasmError("type", `${name}: expected true or false, got ${show(value)}`);
}

/** An object that holds options: not an array, map, promise … */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/**
 * An object with no keys but `keys`: a misspelt option is an error, not a default. Gives a copy, so that what was checked is what
 * is used.
 */
export function checkOptions(name: string, value: unknown, keys: readonly string[]): Record<string, unknown> {
  if (!isRecord(value)) throw new DeltawasmError("type", `${name}: expected an object, got ${show(value)}`);
  const options = { ...value };
  for (const key of Object.keys(options)) {
    if (!keys.includes(key)) {
      throw new DeltawasmError("unknown", `${name}.${key.slice(0, 40)}: no such option; there ${keys.length === 1 ? "is" : "are"} ${keys.join(", ") || "none"}`);
    }
  }
  return options;
}

/** Objects in objects that are copied, and entries of an array: those of residual blocks in residual blocks as well. */
const DEPTH = 12;
const ENTRIES = 10_000;

/** A frozen copy of plain data: what is checked is what is used, whatever the user does with the original. Other objects stay what they are. */
export function plainCopy<T>(value: T, depth = DEPTH): T {
  if (depth === 0) return value;
  if (Array.isArray(value) && value.length <= ENTRIES) return Object.freeze(Array.from(value, (entry: unknown) => plainCopy(entry, depth - 1))) as T;
  if (!isRecord(value)) return value;
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plainCopy(entry, depth - 1)]))) as T;
}
