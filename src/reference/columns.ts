import { SUM_BLOCK } from "../../assembly/records";
import type { Machine } from "./machine";

/** Σ over rows of a term: blocks of SUM_BLOCK rows in the machine's floats over ascending rows, the blocks added in 64 bits. */
export function columnSum({ round }: Machine, rows: number, term: (row: number) => number): number {
  let total = 0;
  for (let from = 0; from < rows; from += SUM_BLOCK) {
    let sum = 0;
    for (let row = from; row < Math.min(rows, from + SUM_BLOCK); row++) sum = round(sum + term(row));
    total += sum;
  }
  return total;
}
