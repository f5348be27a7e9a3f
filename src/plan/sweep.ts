import { SWEEP_RUN_WORDS, SWEEP_TABLE_WORDS, SweepRun, SweepShape, SweepTable } from "../../assembly/records";
import type { PlanBuilder } from "./builder";

/** One axis of a window that sweeps over `size` pixels to `out` outputs. Output o begins at o · stride − padding. */
export interface SweepAxis {
  size: number;
  out: number;
  kernel: number;
  stride: number;
  padding: number;
  dilation: number;
}

/** Addresses of a SweepShape and of the tables forward and backward (0 in plans that only predict). */
export interface SweepAddresses {
  shape: number;
  forward: number;
  backward: number;
}

/**
 * Lays the blocks out that the records of a sweep point at. Where the taps are all alike, as those of a mean are, they are `unnumbered`: then
 * more pixels go alike.
 */
export function sweepBlocks(builder: PlanBuilder, y: SweepAxis, x: SweepAxis, unnumbered = false): SweepAddresses {
  const shape = new Int32Array(16);
  shape[SweepShape.height] = y.size;
  shape[SweepShape.width] = x.size;
  shape[SweepShape.outHeight] = y.out;
  shape[SweepShape.outWidth] = x.out;
  shape[SweepShape.kernelY] = y.kernel;
  shape[SweepShape.kernelX] = x.kernel;
  shape[SweepShape.strideY] = y.stride;
  shape[SweepShape.strideX] = x.stride;
  shape[SweepShape.paddingY] = y.padding;
  shape[SweepShape.paddingX] = x.padding;
  shape[SweepShape.dilationY] = y.dilation;
  shape[SweepShape.dilationX] = x.dilation;
  return {
    shape: builder.integers(shape),
    forward: builder.integers(sweepTable(y, x, false, unnumbered)),
    backward: builder.training ? builder.integers(sweepTable(y, x, true, unnumbered)) : 0,
  };
}

/** The taps of one row or column of the image that is made: how many, the first of them, and what that lies on. */
interface Taps {
  from: number;
  tap: number;
  count: number;
}

/** The words of a SweepTable with its runs. */
function sweepTable(y: SweepAxis, x: SweepAxis, isBackward: boolean, unnumbered: boolean): Int32Array {
  const runs = isBackward ? backwardRuns : forwardRuns;
  const rows = runs(y, unnumbered), cols = runs(x, unnumbered);
  const words = new Int32Array(SWEEP_TABLE_WORDS + (rows.runs.length + cols.runs.length) * SWEEP_RUN_WORDS);
  words[SweepTable.toWidth] = isBackward ? x.size : x.out;
  words[SweepTable.toPoints] = isBackward ? y.size * x.size : y.out * x.out;
  words[SweepTable.fromWidth] = isBackward ? x.out : x.size;
  words[SweepTable.fromPoints] = isBackward ? y.out * x.out : y.size * x.size;
  words[SweepTable.rowRuns] = rows.runs.length;
  words[SweepTable.colRuns] = cols.runs.length;
  words[SweepTable.rowMove] = rows.move;
  words[SweepTable.colMove] = cols.move;
  words[SweepTable.rowTap] = rows.tapStep * x.kernel;
  words[SweepTable.colTap] = cols.tapStep;
  words[SweepTable.quarters] = [y, x].every(({ size, out, kernel, stride, padding, dilation }) => (
    kernel === 2 && stride === 2 && padding === 0 && dilation === 1 && out === Math.floor(size / 2)
  )) ? 1 : 0;
  [...rows.runs.map((run) => ({ ...run, tap: run.tap * x.kernel })), ...cols.runs].forEach((run, n) => {
    const at = SWEEP_TABLE_WORDS + n * SWEEP_RUN_WORDS;
    for (const name of Object.keys(run) as (keyof Run)[]) words[at + SweepRun[name]] = run[name];
  });
  return words;
}

type Run = Record<keyof typeof SweepRun, number>;

/** The taps of output o lie on o · stride − padding + k · dilation. */
function forwardRuns({ size, out, kernel, stride, padding, dilation }: SweepAxis, unnumbered: boolean): { runs: Run[]; move: number; tapStep: number } {
  const taps = Array.from({ length: out }, (_, o): Taps => {
    const begin = o * stride - padding;
    const tap = begin < 0 ? Math.ceil(-begin / dilation) : 0;
    return { from: begin + tap * dilation, tap, count: Math.min(kernel, Math.ceil((size - begin) / dilation)) - tap };
  });
  return { runs: runsOf(taps, 1, unnumbered), move: dilation, tapStep: 1 };
}

/** Tap k of output (i + padding − k · dilation) / stride lies on pixel i, where that is a whole number. */
function backwardRuns({ size, out, kernel, stride, padding, dilation }: SweepAxis, unnumbered: boolean): { runs: Run[]; move: number; tapStep: number } {
  // Taps that reach one pixel are this far apart; which of the first ones reaches it depends on its remainder.
  const tapStep = stride / greatestDivisor(stride, dilation);
  const first = new Map<number, number>();
  for (let k = 0; k < Math.min(tapStep, kernel); k++) first.set((k * dilation) % stride, k);
  const taps = Array.from({ length: size }, (_, i): Taps => {
    const least = Math.max(0, Math.floor((i + padding - out * stride) / dilation) + 1);
    const most = Math.min(kernel - 1, Math.floor((i + padding) / dilation));
    const k = first.get((i + padding) % stride);
    if (k === undefined) return { from: 0, tap: 0, count: 0 };
    const tap = k + Math.max(0, Math.ceil((least - k) / tapStep)) * tapStep;
    return { from: (i + padding - tap * dilation) / stride, tap, count: Math.floor((most - tap) / tapStep) + 1 };
  });
  return { runs: runsOf(taps, stride, unnumbered), move: (-dilation * tapStep) / stride, tapStep };
}

/** Puts those together that lie `step` apart, have the same taps, and go forward evenly. */
function runsOf(taps: readonly Taps[], step: number, unnumbered: boolean): Run[] {
  const runs: Run[] = [];
  for (let phase = 0; phase < Math.min(step, taps.length); phase++) {
    let run: Run | undefined;
    for (let at = phase; at < taps.length; at += step) {
      const count = Math.max(0, taps[at].count), from = count === 0 ? 0 : taps[at].from, tap = count === 0 || unnumbered ? 0 : taps[at].tap;
      if (run && run.tap === tap && run.count === count) {
        if (run.length === 1) run.move = from - run.from;
        if (from === run.from + run.length * run.move) {
          run.length++;
          continue;
        }
      }
      run = { at, step, length: 1, from, move: 0, tap, count };
      runs.push(run);
    }
  }
  return runs;
}

/** Whether some window has no tap on a pixel: one that is dilated so widely that it steps over the whole input. */
export function hasEmptyWindow(axis: SweepAxis): boolean {
  return forwardRuns(axis, true).runs.some(({ count }) => count === 0);
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
