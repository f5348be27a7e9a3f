import { address, scratch, shareStart, stride, word } from "./fields";
import { denseForward } from "./gemm/forward";
import { denseInputGradient } from "./gemm/inputGradient";
import { denseUpdate, denseWeightGradient } from "./gemm/weightGradient";
import { flush } from "./math";
import { isPenalised } from "./optimizer";
import { DenseForward, DenseInputGradient, DenseUpdate, DenseWeightGradient } from "./records";

// The records of a dense layer, each thread its part of the outputs: never of a sum, so that the parts don't change a bit.

/** From this many rows on a team divides the rows of a result; fewer share one pass over the weights. */
const ROWS_TO_DIVIDE = 64;

/** Rows, or panels of outputs. */
export function forwardPart(r: usize, state: usize, rows: i32, thread: i32, size: i32): void {
  let z = address(r, DenseForward.z), x = address(r, DenseForward.x);
  let w = address(r, DenseForward.w), bias = address(r, DenseForward.bias);
  const ldz = stride(r, DenseForward.ldz), ldx = stride(r, DenseForward.ldx);
  const inputs = word(r, DenseForward.inputs);
  let outputs = word(r, DenseForward.outputs);
  if (size > 1) {
    const panels = (outputs + 7) >> 3;
    if (rows >= ROWS_TO_DIVIDE || panels < size) {
      const fours = (rows + 3) >> 2, from = shareStart(fours, thread, size) << 2;
      rows = min(rows, shareStart(fours, thread + 1, size) << 2) - from;
      z += <usize>from * ldz; x += <usize>from * ldx;
    } else {
      const from = shareStart(panels, thread, size);
      outputs = min(outputs, shareStart(panels, thread + 1, size) << 3) - (from << 3);
      z += <usize>from << 5; w += <usize>from * (<usize>((inputs + 3) & ~3) << 5);
      if (bias) bias += <usize>from << 5;
    }
    if (rows <= 0 || outputs <= 0) return;
  }
  denseForward(z, ldz, x, ldx, w, bias, rows, inputs, outputs, scratch(r, DenseForward.pack, state, thread));
}

/** Columns of dx, eight at a time, or rows. */
export function inputGradientPart(r: usize, state: usize, rows: i32, thread: i32, size: i32): void {
  let dx = address(r, DenseInputGradient.dx), dz = address(r, DenseInputGradient.dz), w = address(r, DenseInputGradient.w);
  const lddx = stride(r, DenseInputGradient.lddx), lddz = stride(r, DenseInputGradient.lddz);
  let inputs = word(r, DenseInputGradient.inputs);
  const wStride = <usize>((inputs + 3) & ~3) << 5;
  if (size > 1) {
    const eights = (inputs + 7) >> 3;
    if (eights >= size) {
      const from = shareStart(eights, thread, size);
      inputs = min(inputs, shareStart(eights, thread + 1, size) << 3) - (from << 3);
      dx += <usize>from << 5; w += <usize>from << 8;
    } else {
      const from = shareStart(rows, thread, size);
      rows = shareStart(rows, thread + 1, size) - from;
      dx += <usize>from * lddx; dz += <usize>from * lddz;
    }
    if (rows <= 0 || inputs <= 0) return;
  }
  denseInputGradient(
    dx, lddx, dz, lddz, w, wStride, rows, inputs, word(r, DenseInputGradient.outputs),
    scratch(r, DenseInputGradient.panel, state, thread), scratch(r, DenseInputGradient.pack, state, thread),
  );
}

/** Tiles of four inputs, or panels of outputs; of the bias, panels. */
export function weightGradientPart(r: usize, state: usize, rows: i32, thread: i32, size: i32): void {
  const x = address(r, DenseWeightGradient.x), dz = address(r, DenseWeightGradient.dz), dw = address(r, DenseWeightGradient.dw);
  const ldx = stride(r, DenseWeightGradient.ldx), lddz = stride(r, DenseWeightGradient.lddz);
  const tiles = (word(r, DenseWeightGradient.inputs) + 3) >> 2, panels = (word(r, DenseWeightGradient.outputs) + 7) >> 3;
  const pack = scratch(r, DenseWeightGradient.pack, state, thread);
  biasGradientPart(address(r, DenseWeightGradient.dbias), dz, lddz, rows, panels, thread, size);
  const byTiles = tiles >= panels;
  const units = byTiles ? tiles : panels, from = shareStart(units, thread, size), to = shareStart(units, thread + 1, size);
  if (from == to) return;
  const wStride = <usize>tiles << 7;
  if (byTiles) denseWeightGradient(dw + (<usize>from << 7), wStride, x + (<usize>from << 4), ldx, dz, lddz, rows, to - from, panels, pack);
  else denseWeightGradient(dw + <usize>from * wStride, wStride, x, ldx, dz + (<usize>from << 5), lddz, rows, tiles, to - from, pack);
}

/** As weightGradientPart. */
export function updatePart(r: usize, state: usize, rows: i32, thread: i32, size: i32): void {
  let x = address(r, DenseUpdate.x), dz = address(r, DenseUpdate.dz), w = address(r, DenseUpdate.w);
  let slot1 = address(r, DenseUpdate.slot1), slot2 = address(r, DenseUpdate.slot2);
  const ldx = stride(r, DenseUpdate.ldx), lddz = stride(r, DenseUpdate.lddz);
  let tiles = (word(r, DenseUpdate.inputs) + 3) >> 2, panels = (word(r, DenseUpdate.outputs) + 7) >> 3;
  biasGradientPart(address(r, DenseUpdate.dbias), dz, lddz, rows, panels, thread, size);
  const wStride = <usize>tiles << 7;
  if (size > 1) {
    const byTiles = tiles >= panels;
    const units = byTiles ? tiles : panels, from = shareStart(units, thread, size);
    const count = shareStart(units, thread + 1, size) - from;
    if (count == 0) return;
    const at = byTiles ? <usize>from << 7 : <usize>from * wStride;
    w += at; slot1 += at; slot2 += at;
    if (byTiles) { x += <usize>from << 4; tiles = count; } else { dz += <usize>from << 5; panels = count; }
  }
  denseUpdate(
    w, wStride, x, ldx, dz, lddz, rows, tiles, panels, scratch(r, DenseUpdate.pack, state, thread),
    scratch(r, DenseUpdate.chunk, state, thread), word(r, DenseUpdate.kind), isPenalised(state), slot1, slot2, state,
  );
}

/** dbias[8 · panels] = Σ over rows of dz; nothing where `dbias` is 0. */
function biasGradientPart(dbias: usize, dz: usize, lddz: usize, rows: i32, panels: i32, thread: i32, size: i32): void {
  if (!dbias) return;
  const from = shareStart(panels, thread, size), at = <usize>from << 5;
  sumRows(dbias + at, dz + at, lddz, rows, shareStart(panels, thread + 1, size) - from);
}

/** sum[8 · panels] = Σ over rows of x[rows, 8 · panels], in ascending order. */
export function sumRows(sum: usize, x: usize, ldx: usize, rows: i32, panels: i32): void {
  for (; panels > 0; panels--) {
    let s0 = f32x4.splat(0), s1 = s0, at = x;
    for (let row = 0; row < rows; row++) {
      s0 = f32x4.add(s0, v128.load(at));
      s1 = f32x4.add(s1, v128.load(at, 16));
      at += ldx;
    }
    v128.store(sum, flush(s0));
    v128.store(sum, flush(s1), 16);
    sum += 32; x += 32;
  }
}
