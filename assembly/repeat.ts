import { address, shareStart, stride, word } from "./fields";
import { FLUSH_BELOW } from "./math";
import { RepeatColumns, SumRepeats } from "./records";

// Columns that several outputs read, each for itself. Each thread makes whole rows.

export function repeatColumnsPart(r: usize, rows: i32, thread: i32, size: i32): void {
  const ldy = stride(r, RepeatColumns.ldy), ldx = stride(r, RepeatColumns.ldx), from = shareStart(rows, thread, size);
  const cols = word(r, RepeatColumns.cols), times = word(r, RepeatColumns.times);
  let y = address(r, RepeatColumns.y) + <usize>from * ldy, x = address(r, RepeatColumns.x) + <usize>from * ldx;
  for (let count = shareStart(rows, thread + 1, size) - from; count > 0; count--) {
    repeatRow(y, x, cols, times);
    y += ldy; x += ldx;
  }
}

/** One row, and zeros as far as its last panel goes. */
function repeatRow(y: usize, x: usize, cols: i32, times: i32): void {
  const padding = (8 - cols * times) & 7;
  for (; cols > 0; cols--) {
    const value = load<f32>(x);
    for (let n = times; n > 0; n--) { store<f32>(y, value); y += 4; }
    x += 4;
  }
  for (let n = padding; n > 0; n--) { store<f32>(y, 0); y += 4; }
}

export function sumRepeatsPart(r: usize, rows: i32, thread: i32, size: i32): void {
  const lddx = stride(r, SumRepeats.lddx), lddy = stride(r, SumRepeats.lddy), from = shareStart(rows, thread, size);
  const cols = word(r, SumRepeats.cols), times = word(r, SumRepeats.times);
  let dx = address(r, SumRepeats.dx) + <usize>from * lddx, dy = address(r, SumRepeats.dy) + <usize>from * lddy;
  for (let count = shareStart(rows, thread + 1, size) - from; count > 0; count--) {
    sumRow(dx, dy, cols, times);
    dx += lddx; dy += lddy;
  }
}

function sumRow(dx: usize, dy: usize, cols: i32, times: i32): void {
  for (; cols > 0; cols--) {
    let sum: f32 = 0;
    for (let n = times; n > 0; n--) { sum += load<f32>(dy); dy += 4; }
    store<f32>(dx, abs(sum) < FLUSH_BELOW ? 0 : sum);
    dx += 4;
  }
}
