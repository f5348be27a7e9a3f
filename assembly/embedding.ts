import { address, shareStart, stride, word } from "./fields";
import { flush } from "./math";
import { EmbeddingForward, EmbeddingWeightGradient, PANEL, POINTS } from "./records";

/** Bytes from row to row of a table. */
// @ts-ignore: decorator
@inline
function tableStride(cols: i32): usize {
  return <usize>((cols + PANEL - 1) & ~(PANEL - 1)) << 2;
}

/** A part of the positions of all rows. */
export function embeddingForwardPart(r: usize, rows: i32, thread: i32, size: i32): void {
  const from = shareStart(rows, thread, size), points = word(r, POINTS), ldy = stride(r, EmbeddingForward.ldy);
  embeddingForward(
    address(r, EmbeddingForward.y) + <usize>from * ldy, ldy, address(r, EmbeddingForward.x), stride(r, EmbeddingForward.ldx),
    address(r, EmbeddingForward.w), from, shareStart(rows, thread + 1, size), points, word(r, EmbeddingForward.cols),
  );
}

/** y[from … to) = the rows of w that the positions from … to of x[rows, points] name. `y` is that of `from`; strides in bytes. */
function embeddingForward(y: usize, ldy: usize, x: usize, ldx: usize, w: usize, from: i32, to: i32, points: i32, cols: i32): void {
  const ldw = tableStride(cols), width = <usize>cols << 2;
  let point = from % points;
  x += <usize>(from / points) * ldx;
  for (let n = from; n < to; n++) {
    const source = w + <usize><u32>load<f32>(x + (<usize>point << 2)) * ldw;
    for (let c: usize = 0; c < width; c += 16) v128.store(y + c, v128.load(source + c));
    y += ldy;
    if (++point == points) {
      point = 0;
      x += ldx;
    }
  }
}

/** A part of the columns: any position may name any row. */
export function embeddingWeightGradientPart(r: usize, rows: i32, thread: i32, size: i32): void {
  const cols = word(r, EmbeddingWeightGradient.cols), vectors = (cols + 3) >> 2;
  const from = <usize>shareStart(vectors, thread, size) << 4, width = (<usize>shareStart(vectors, thread + 1, size) << 4) - from;
  if (width == 0) return;
  const ldw = tableStride(cols), dw = address(r, EmbeddingWeightGradient.dw) + from, count = <usize>word(r, EmbeddingWeightGradient.count);
  if (size == 1) memory.fill(dw, 0, count * ldw);
  else for (let at = dw, end = dw + count * ldw; at < end; at += ldw) memory.fill(at, 0, width);
  embeddingWeightGradient(
    dw, ldw, address(r, EmbeddingWeightGradient.dy) + from, stride(r, EmbeddingWeightGradient.lddy), address(r, EmbeddingWeightGradient.x),
    stride(r, EmbeddingWeightGradient.ldx), rows, word(r, POINTS), width,
  );
}

/** Adds dy[rows, width] to the rows of dw that x names, position after position; strides and `width` in bytes. */
function embeddingWeightGradient(
  dw: usize, ldw: usize, dy: usize, lddy: usize, x: usize, ldx: usize, rows: i32, points: i32, width: usize,
): void {
  let point = 0;
  for (; rows > 0; rows--) {
    const row = dw + <usize><u32>load<f32>(x + (<usize>point << 2)) * ldw;
    for (let c: usize = 0; c < width; c += 16) v128.store(row + c, flush(f32x4.add(v128.load(row + c), v128.load(dy + c))));
    dy += lddy;
    if (++point == points) {
      point = 0;
      x += ldx;
    }
  }
}
