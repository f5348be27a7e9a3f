import { type Op, POINTS, RECORD_WORDS, SHARED } from "../../assembly/records";

/**
 * One operation with its fields by name: `record(Op.ClipValue, ClipValue, { g, count })`. It goes over `points` rows of its matrices for
 * each row of the batch.
 */
export function record<Fields extends object>(
  op: Op, fields: Fields, values: { [Name in keyof Fields]: number }, points = 1,
): Int32Array {
  const words = new Int32Array(RECORD_WORDS);
  words[0] = op;
  words[POINTS] = points;
  for (const name of Object.keys(values) as (keyof Fields)[]) {
    // Addresses are unsigned: past 2 GiB they wrap into the sign, and the readers take them back.
    words[fields[name] as number] = values[name] >>> 0;
  }
  return words;
}

/** Nanoseconds of work below which the barriers around a divided operation cost more than the other threads save. */
const WORTH_SHARING = 4000;

/** The record, to be divided among a team where its work, in nanoseconds of one thread, is worth it. */
export function shared(work: number, words: Int32Array): Int32Array {
  words[SHARED] = work >= WORTH_SHARING ? 1 : 0;
  return words;
}

/** Estimates of the work of operations on one thread, in nanoseconds; how they come about decides no bit. */
export const work = {
  /** A product of matrices: 30 multiplications and additions a nanosecond. */
  product: (rows: number, inputs: number, outputs: number) => (rows * inputs * outputs) / 15,
  /** A pass over so many numbers. */
  pass: (count: number) => count / 4,
  /** Elementary functions. */
  functions: (count: number) => count * 2,
};
