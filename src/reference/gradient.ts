import { BLOCK } from "../../assembly/records";
import type { Machine } from "./machine";

/** Limits g[count] to [−limit, limit]. */
export function clipValue({ f, round }: Machine, g: number, count: number, limit: number): void {
  const l = round(limit);
  for (let i = g; i < g + count; i++) f[i] = Math.max(Math.min(f[i], l), -l);
}

/** sums[blocks] = Σ g² over each BLOCK of g[count], in 64 bits: four lanes, (0 + 1) + (2 + 3). `sums` is an index of `d`. */
export function squareSums({ f, d }: Machine, sums: number, g: number, count: number): void {
  for (let block = 0; block < count; block += BLOCK) {
    const lanes = [0, 0, 0, 0];
    const end = Math.min(count, block + BLOCK);
    for (let i = block; i < end; i++) lanes[i & 3] += f[g + i] * f[g + i];
    d[sums + block / BLOCK] = lanes[0] + lanes[1] + (lanes[2] + lanes[3]);
  }
}

/** √Σ of these sums, in ascending order. */
export function norm({ d }: Machine, sums: number, count: number): number {
  let total = 0;
  for (let n = 0; n < Math.ceil(count / BLOCK); n++) total += d[sums + n];
  return Math.sqrt(total);
}

/** g[count] · factor. */
export function scale({ f, round, math }: Machine, g: number, count: number, factor: number): void {
  const by = round(factor);
  for (let i = g; i < g + count; i++) f[i] = math.flush(round(f[i] * by));
}

/** Flushes x[count], and gives the largest. */
export function clean(m: Machine, x: number, count: number): number {
  const size = largest(m, x, count);
  for (let i = x; i < x + count; i++) m.f[i] = m.math.flush(m.f[i]);
  return size;
}

/** max |g|, NaN if one is. */
export function largest({ f }: Machine, g: number, count: number): number {
  let size = 0;
  for (let i = g; i < g + count; i++) size = Math.max(size, Math.abs(f[i]));
  return size;
}
