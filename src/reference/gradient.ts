import type { Machine } from "./machine";

const NORM_BLOCK = 4096;

/** Limits g[count] to [−limit, limit]. */
export function clipValue({ f, round }: Machine, g: number, count: number, limit: number): void {
  const l = round(limit);
  for (let i = g; i < g + count; i++) f[i] = Math.max(Math.min(f[i], l), -l);
}

/** √Σ g², in 64 bits: four lanes per block, (0 + 1) + (2 + 3), blocks in ascending order. */
export function norm({ f }: Machine, g: number, count: number): number {
  let total = 0;
  for (let block = 0; block < count; block += NORM_BLOCK) {
    const lanes = [0, 0, 0, 0];
    const end = Math.min(count, block + NORM_BLOCK);
    for (let i = block; i < end; i++) lanes[i & 3] += f[g + i] * f[g + i];
    total += lanes[0] + lanes[1] + (lanes[2] + lanes[3]);
  }
  return Math.sqrt(total);
}

/** g[count] · factor. */
export function scale({ f, round, math }: Machine, g: number, count: number, factor: number): void {
  const by = round(factor);
  for (let i = g; i < g + count; i++) f[i] = math.flush(round(f[i] * by));
}

/** max |g|, NaN if one is. */
export function largest({ f }: Machine, g: number, count: number): number {
  let size = 0;
  for (let i = g; i < g + count; i++) size = Math.max(size, Math.abs(f[i]));
  return size;
}
