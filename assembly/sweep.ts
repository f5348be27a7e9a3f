import { depthwiseStrip, panelBytes } from "./depthwise";
import { address, shareStart, stride, word } from "./fields";
import { avgGradientStrip, avgStrip, maxGradientStrip, maxStrip } from "./pool";
import { maxQuarters, maxQuartersGradient } from "./quarters";
import {
  AvgPool, AvgPoolGradient, DepthwiseForward, DepthwiseInputGradient, MaxPool, MaxPoolGradient, Op, Sweep, SWEEP_RUN_WORDS,
  SWEEP_TABLE_WORDS, SweepRun, SweepTable,
} from "./records";

// Windows that sweep over images. The planner has worked out which taps reach which pixels, so that all kernels go over strips of pixels whose
// taps go alike: inside an image, a whole row.

/** Each thread makes whole images. */
export function sweepPart(r: usize, rows: i32, thread: i32, size: i32): void {
  const table = address(r, Sweep.table), ldTo = stride(r, Sweep.ldTo), ldFrom = stride(r, Sweep.ldFrom);
  const from = shareStart(rows, thread, size);
  for (let row = from, end = shareStart(rows, thread + 1, size); row < end; row++) {
    const to = <usize>row * (<usize>word(table, SweepTable.toPoints) * ldTo);
    const other = <usize>row * (<usize>word(table, SweepTable.fromPoints) * ldFrom);
    sweepImage(r, table, address(r, Sweep.to) + to, ldTo, address(r, Sweep.from) + other, ldFrom, to, other);
  }
}

/** Makes one image; `toAt` and `fromAt` are the bytes that it and the other one lie behind the first. */
function sweepImage(r: usize, table: usize, to: usize, ldTo: usize, from: usize, ldFrom: usize, toAt: usize, fromAt: usize): void {
  const op = word(r, 0), width = <usize>((word(r, Sweep.cols) + 7) & ~7) << 2;
  if (word(table, SweepTable.quarters)) {
    if (op == Op.MaxPool) {
      const index = address(r, MaxPool.index);
      return maxQuarters(to, ldTo, from, ldFrom, width, table, index ? index + toAt : 0);
    }
    if (op == Op.MaxPoolGradient) return maxQuartersGradient(to, ldTo, from, ldFrom, width, table, address(r, MaxPoolGradient.index) + fromAt);
  }
  const toRow = <usize>word(table, SweepTable.toWidth) * ldTo, fromRow = <usize>word(table, SweepTable.fromWidth) * ldFrom;
  const rowRuns = table + (SWEEP_TABLE_WORDS << 2), colRuns = rowRuns + (<usize>word(table, SweepTable.rowRuns) * SWEEP_RUN_WORDS << 2);
  const end = colRuns + (<usize>word(table, SweepTable.colRuns) * SWEEP_RUN_WORDS << 2);
  for (let rowRun = rowRuns; rowRun < colRuns; rowRun += SWEEP_RUN_WORDS << 2) {
    let y = to + <usize>word(rowRun, SweepRun.at) * toRow, x = from + <usize>word(rowRun, SweepRun.from) * fromRow;
    const stepY = <usize>word(rowRun, SweepRun.step) * toRow, stepX = <usize>word(rowRun, SweepRun.move) * fromRow;
    for (let n = word(rowRun, SweepRun.length); n > 0; n--) {
      for (let colRun = colRuns; colRun < end; colRun += SWEEP_RUN_WORDS << 2) {
        strip(op, r, table, rowRun, colRun, to, y, ldTo, from, x, ldFrom, fromRow, width, toAt, fromAt);
      }
      y += stepY; x += stepX;
    }
  }
}

/** The pixels of a run of columns, in the row of `to` that begins at `y`; its first tap lies in the row of `from` that begins at `x`. */
function strip(
  op: i32, r: usize, table: usize, rowRun: usize, colRun: usize, to: usize, y: usize, ldTo: usize, from: usize, x: usize, ldFrom: usize,
  fromRow: usize, width: usize, toAt: usize, fromAt: usize,
): void {
  y += <usize>word(colRun, SweepRun.at) * ldTo; x += <usize>word(colRun, SweepRun.from) * ldFrom;
  const stepY = <usize>word(colRun, SweepRun.step) * ldTo, stepX = <usize>word(colRun, SweepRun.move) * ldFrom, count = word(colRun, SweepRun.length);
  const ny = word(rowRun, SweepRun.count), nx = word(colRun, SweepRun.count);
  const rowMove = <usize>word(table, SweepTable.rowMove) * fromRow, colMove = <usize>word(table, SweepTable.colMove) * ldFrom;
  const tap = word(rowRun, SweepRun.tap) + word(colRun, SweepRun.tap);
  const rowTap = word(table, SweepTable.rowTap), colTap = word(table, SweepTable.colTap);
  switch (op) {
    case Op.MaxPool: {
      const index = address(r, MaxPool.index);
      maxStrip(y, stepY, x, stepX, count, width, index ? index + toAt + (y - to) : 0, ny, nx, rowMove, colMove, tap, rowTap, colTap);
      return;
    }
    case Op.MaxPoolGradient:
      maxGradientStrip(
        y, stepY, x, stepX, count, width, address(r, MaxPoolGradient.index) + fromAt + (x - from), ny, nx, rowMove, colMove, tap, rowTap, colTap,
      );
      return;
    case Op.AvgPool: {
      const divisor = address(r, AvgPool.divisors) + ((y - to) / ldTo << 2);
      avgStrip(y, stepY, x, stepX, count, width, divisor, <usize>word(colRun, SweepRun.step) << 2, ny, nx, rowMove, colMove);
      return;
    }
    case Op.AvgPoolGradient: {
      const divisor = address(r, AvgPoolGradient.divisors) + ((x - from) / ldFrom << 2);
      avgGradientStrip(
        y, stepY, x, stepX, count, width, divisor, <usize>word(colRun, SweepRun.move) << 2, ny, nx, rowMove, colMove,
        <usize>(word(table, SweepTable.rowMove) * word(table, SweepTable.fromWidth)) << 2, <usize>word(table, SweepTable.colMove) << 2,
      );
      return;
    }
    default: {
      // The inputs' gradient has no bias.
      const bias = op == Op.DepthwiseForward ? address(r, DepthwiseForward.bias) : 0;
      const w = address(r, DepthwiseForward.w) + (<usize>tap << 5), panel = panelBytes(address(r, Sweep.shape));
      depthwiseStrip(y, stepY, x, stepX, count, width, w, panel, <usize>rowTap << 5, <usize>colTap << 5, bias, ny, nx, rowMove, colMove);
    }
  }
}
