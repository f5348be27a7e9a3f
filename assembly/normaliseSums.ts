import { addBlock, storeSums } from "./columns";
import { address, scratch, shareStart, stride, word } from "./fields";
import { NormaliseSums, SUM_BLOCK } from "./records";

// The gradients of weight and bias behind a normalisation, divided among threads by panels of columns.

export function normaliseSumsPart(r: usize, state: usize, rows: i32, thread: i32, size: i32): void {
  const cols = word(r, NormaliseSums.cols), panels = (cols + 7) >> 3;
  const from = shareStart(panels, thread, size), count = <usize>(shareStart(panels, thread + 1, size) - from), at = <usize>from << 5;
  if (count == 0) return;
  const lddy = stride(r, NormaliseSums.lddy), ldx = stride(r, NormaliseSums.ldx), ofRows = word(r, NormaliseSums.ofRows);
  let dy = address(r, NormaliseSums.dy) + at, x = address(r, NormaliseSums.x) + at;
  let mean = address(r, NormaliseSums.mean), inverse = address(r, NormaliseSums.inverse);
  if (!ofRows) { mean += at; inverse += at; }
  const sums = scratch(r, NormaliseSums.sums, state, thread), weightSums = sums + (count << 6);
  memory.fill(sums, 0, count << 7);
  for (; rows > 0; rows -= SUM_BLOCK) {
    const block = min(rows, SUM_BLOCK);
    for (let p: usize = 0; p < count; p++) {
      const c = p << 5, dbias = sums + (p << 6), dweight = weightSums + (p << 6);
      if (ofRows) panelByRows(dweight, dbias, dy + c, lddy, x + c, ldx, mean, inverse, block);
      else panelByColumns(dweight, dbias, dy + c, lddy, x + c, ldx, mean + c, inverse + c, block);
    }
    dy += <usize>block * lddy; x += <usize>block * ldx;
    if (ofRows) { mean += <usize>block << 2; inverse += <usize>block << 2; }
  }
  const width = min(cols - (from << 3), <i32>count << 3);
  storeSums(address(r, NormaliseSums.dbias) + at, sums, width);
  storeSums(address(r, NormaliseSums.dweight) + at, weightSums, width);
}

/** dbias[8] += Σ dy; dweight[8] += Σ dy · ((x − mean)·inverse), over the rows of a block. */
function panelByColumns(
  dweight: usize, dbias: usize, dy: usize, lddy: usize, x: usize, ldx: usize, mean: usize, inverse: usize, rows: i32,
): void {
  const m0 = v128.load(mean), m1 = v128.load(mean, 16), i0 = v128.load(inverse), i1 = v128.load(inverse, 16);
  let b0 = f32x4.splat(0), b1 = b0, w0 = b0, w1 = b0;
  for (; rows > 0; rows--) {
    const d0 = v128.load(dy), d1 = v128.load(dy, 16);
    b0 = f32x4.add(b0, d0);
    b1 = f32x4.add(b1, d1);
    w0 = f32x4.add(w0, f32x4.mul(d0, f32x4.mul(f32x4.sub(v128.load(x), m0), i0)));
    w1 = f32x4.add(w1, f32x4.mul(d1, f32x4.mul(f32x4.sub(v128.load(x, 16), m1), i1)));
    dy += lddy; x += ldx;
  }
  addBlock(dbias, b0, b1);
  addBlock(dweight, w0, w1);
}

/** The same with mean[rows] and inverse[rows]. */
function panelByRows(
  dweight: usize, dbias: usize, dy: usize, lddy: usize, x: usize, ldx: usize, mean: usize, inverse: usize, rows: i32,
): void {
  let b0 = f32x4.splat(0), b1 = b0, w0 = b0, w1 = b0;
  for (; rows > 0; rows--) {
    const m = v128.load32_splat(mean), i = v128.load32_splat(inverse);
    const d0 = v128.load(dy), d1 = v128.load(dy, 16);
    b0 = f32x4.add(b0, d0);
    b1 = f32x4.add(b1, d1);
    w0 = f32x4.add(w0, f32x4.mul(d0, f32x4.mul(f32x4.sub(v128.load(x), m), i)));
    w1 = f32x4.add(w1, f32x4.mul(d1, f32x4.mul(f32x4.sub(v128.load(x, 16), m), i)));
    dy += lddy; x += ldx; mean += 4; inverse += 4;
  }
  addBlock(dbias, b0, b1);
  addBlock(dweight, w0, w1);
}
