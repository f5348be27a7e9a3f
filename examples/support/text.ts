import picocolors from "picocolors";

/** Colours for a terminal; plain text for a file, a pipe and NO_COLOR (https://no-color.org). */
export const colors = picocolors.createColors(picocolors.isColorSupported && process.stdout.isTTY === true);

/** 0.98123 as "98.12 %". */
export function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

/** 1234567 as "1,234,567". */
export function count(n: number): string {
  return Math.round(n).toLocaleString("en-US");
}

export function seconds(time: number): string {
  return `${time.toFixed(time < 10 ? 2 : 1)} s`;
}

/** The place of the largest number. */
export function largestOf(numbers: ArrayLike<number>): number {
  let best = 0;
  for (let n = 1; n < numbers.length; n++) if (numbers[n] > numbers[best]) best = n;
  return best;
}
