import { type Op, RECORD_WORDS } from "../../assembly/records";

/** One operation with its fields by name: `record(Op.ClipValue, ClipValue, { g, count })`. */
export function record<Fields extends object>(op: Op, fields: Fields, values: { [Name in keyof Fields]: number }): Int32Array {
  const words = new Int32Array(RECORD_WORDS);
  words[0] = op;
  for (const name of Object.keys(values) as (keyof Fields)[]) {
    // Addresses are unsigned: past 2 GiB they wrap into the sign, and the readers take them back.
    words[fields[name] as number] = values[name] >>> 0;
  }
  return words;
}
