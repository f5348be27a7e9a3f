import { checkInteger } from "../../core/check";
import { DeltawasmError, show } from "../../core/errors";

/** One number for both directions, or [vertical, horizontal]. */
export type Pair = number | readonly [number, number];

const LARGEST = 2 ** 20;

/** An option as [vertical, horizontal], whole numbers from `min` on. @throws DeltawasmError type, range */
export function pair(where: string, value: unknown, { min }: { min: number }): readonly [number, number] {
  if (!Array.isArray(value)) {
    if (typeof value !== "number") throw new DeltawasmError("type", `${where}: expected a whole number or two, [vertical, horizontal], got ${show(value)}`);
    const both = checkInteger(where, value, min, LARGEST);
    return [both, both];
  }
  if (value.length !== 2) throw new DeltawasmError("range", `${where}: expected a whole number or two, [vertical, horizontal], got ${value.length} of them`);
  return [checkInteger(`${where}[0]`, value[0], min, LARGEST), checkInteger(`${where}[1]`, value[1], min, LARGEST)];
}

/**
 * Windows that fit along one direction. With `ceilMode` those count as well that reach beyond the end, as long as they begin within the
 * input or the padding before it. Less than 1 where none fits.
 */
export function outputSize(input: number, kernel: number, stride: number, padding: number, dilation: number, ceilMode = false): number {
  const room = input + 2 * padding - dilation * (kernel - 1) - 1;
  const size = Math.floor((room + (ceilMode ? stride - 1 : 0)) / stride) + 1;
  return ceilMode && (size - 1) * stride >= input + padding ? size - 1 : size;
}
