import { addBlock, ELEMENT_BLOCK, flushed, storeSums } from "./columns";
import { address, scratch, shareStart, stride, word } from "./fields";
import { flush } from "./math";
import { PreluBackward, PreluForward, PreluGradient, SUM_BLOCK, SumRow } from "./records";

// Rows are divided among threads; of the gradient of the weights, panels of columns.

export function preluForwardPart(r: usize, rows: i32, thread: i32, size: i32): void {
  const ldy = stride(r, PreluForward.ldy), ldx = stride(r, PreluForward.ldx);
  const from = shareStart(rows, thread, size), panels = <usize>((word(r, PreluForward.cols) + 7) >> 3) << 5;
  let y = address(r, PreluForward.y) + <usize>from * ldy, x = address(r, PreluForward.x) + <usize>from * ldx;
  const weight = address(r, PreluForward.weight), each = word(r, PreluForward.each) != 0;
  for (let left = shareStart(rows, thread + 1, size) - from; left > 0; left -= ELEMENT_BLOCK) {
    const count = min(left, ELEMENT_BLOCK);
    for (let p: usize = 0; p < panels; p += 32) bend(y + p, ldy, x + p, ldx, x + p, ldx, each ? weight + p : weight, each, count);
    y += <usize>count * ldy; x += <usize>count * ldx;
  }
}

export function preluBackwardPart(r: usize, rows: i32, thread: i32, size: i32): void {
  const lddx = stride(r, PreluBackward.lddx), lddy = stride(r, PreluBackward.lddy), ldx = stride(r, PreluBackward.ldx);
  const from = <usize>shareStart(rows, thread, size), panels = <usize>((word(r, PreluBackward.cols) + 7) >> 3) << 5;
  let dx = address(r, PreluBackward.dx) + from * lddx, dy = address(r, PreluBackward.dy) + from * lddy;
  let x = address(r, PreluBackward.x) + from * ldx;
  const weight = address(r, PreluBackward.weight), each = word(r, PreluBackward.each) != 0;
  for (let left = shareStart(rows, thread + 1, size) - <i32>from; left > 0; left -= ELEMENT_BLOCK) {
    const count = min(left, ELEMENT_BLOCK);
    for (let p: usize = 0; p < panels; p += 32) bend(dx + p, lddx, dy + p, lddy, x + p, ldx, each ? weight + p : weight, each, count);
    dx += <usize>count * lddx; dy += <usize>count * lddy; x += <usize>count * ldx;
  }
}

/** Eight columns of y = v where x > 0, else weight · v. */
function bend(y: usize, ldy: usize, v: usize, ldv: usize, x: usize, ldx: usize, weight: usize, each: bool, rows: i32): void {
  const zero = f32x4.splat(0);
  let w0 = v128.load32_splat(weight), w1 = w0;
  if (each) { w0 = v128.load(weight); w1 = v128.load(weight, 16); }
  for (; rows > 0; rows--) {
    const v0 = v128.load(v), v1 = v128.load(v, 16);
    const y0 = v128.bitselect(v0, f32x4.mul(v0, w0), f32x4.gt(v128.load(x), zero));
    const y1 = v128.bitselect(v1, f32x4.mul(v1, w1), f32x4.gt(v128.load(x, 16), zero));
    v128.store(y, flush(y0));
    v128.store(y, flush(y1), 16);
    y += ldy; v += ldv; x += ldx;
  }
}

export function preluGradientPart(r: usize, state: usize, rows: i32, thread: i32, size: i32): void {
  const cols = word(r, PreluGradient.cols), panels = (cols + 7) >> 3;
  const from = shareStart(panels, thread, size), count = <usize>(shareStart(panels, thread + 1, size) - from), at = <usize>from << 5;
  if (count == 0) return;
  const lddy = stride(r, PreluGradient.lddy), ldx = stride(r, PreluGradient.ldx);
  let dy = address(r, PreluGradient.dy) + at, x = address(r, PreluGradient.x) + at;
  const sums = scratch(r, PreluGradient.sums, state, thread);
  memory.fill(sums, 0, count << 6);
  for (; rows > 0; rows -= SUM_BLOCK) {
    const block = min(rows, SUM_BLOCK);
    for (let p: usize = 0; p < count; p++) panelGradient(sums + (p << 6), dy + (p << 5), lddy, x + (p << 5), ldx, block);
    dy += <usize>block * lddy; x += <usize>block * ldx;
  }
  storeSums(address(r, PreluGradient.dweight) + at, sums, min(cols - (from << 3), <i32>count << 3));
}

function panelGradient(sums: usize, dy: usize, lddy: usize, x: usize, ldx: usize, rows: i32): void {
  const zero = f32x4.splat(0);
  let s0 = zero, s1 = zero;
  for (; rows > 0; rows--) {
    const x0 = v128.load(x), x1 = v128.load(x, 16);
    s0 = f32x4.add(s0, v128.andnot(f32x4.mul(v128.load(dy), x0), f32x4.gt(x0, zero)));
    s1 = f32x4.add(s1, v128.andnot(f32x4.mul(v128.load(dy, 16), x1), f32x4.gt(x1, zero)));
    dy += lddy; x += ldx;
  }
  addBlock(sums, s0, s1);
}

export function sumRow(r: usize): void {
  let sum: f64 = 0, x = address(r, SumRow.x);
  for (const end = x + (<usize>word(r, SumRow.cols) << 2); x < end; x += 4) sum += <f64>load<f32>(x);
  store<f32>(address(r, SumRow.y), flushed(sum));
}
