import { updateRange } from "../optimizer";
import { CHUNK, DEPTH_BLOCK, Optimizer, PACK, PACK_ROWS, PACKED_PANEL, PACKED_PANELS, State } from "../records";
import { outerProduct4x8, sgdOuter4x8 } from "./outer4x8";
import { packPanel, packTiles } from "./pack";
import { listNonZeros, SPARSE_INPUTS, sparseStep } from "./sparse";
import { isWide, tiles4x16 } from "./tiles4x16";
import { tiles4x8 } from "./tiles4x8";

/** Tiles of 4 inputs by 8 outputs in a chunk of gradients. */
const CHUNK_TILES = CHUNK >> 5;

/**
 * dw[4 · tiles, 8 · panels] = xᵀ[4 · tiles, rows] · dz[rows, 8 · panels], written straight into panels `stride` bytes apart. ldx and
 * lddz are in bytes. From PACK_ROWS rows on the operands are packed into `pack`.
 */
export function denseWeightGradient(
  dw: usize, stride: usize, x: usize, ldx: usize, dz: usize, lddz: usize, rows: i32, tiles: i32, panels: i32, pack: usize,
): void {
  if (pack && rows >= PACK_ROWS) {
    for (let k = 0; k < rows; k += DEPTH_BLOCK) {
      const depth = min(DEPTH_BLOCK, rows - k), at = <usize>k;
      packedGradient(dw, stride, x + at * ldx, ldx, dz + at * lddz, lddz, tiles, panels, depth, pack, k == 0, k + depth == rows);
    }
    return;
  }
  for (let p = 0; p < panels; p++) {
    if (rows == 1) outerProduct4x8(dw, x, dz, tiles);
    else tiles4x8(dw, 32, x, ldx, 16, dz, lddz, 0, tiles, rows, true, true);
    dw += stride; dz += 32;
  }
}

/** The terms of up to DEPTH_BLOCK rows, a block of inputs at a time: each block is packed once for all panels. */
function packedGradient(
  dw: usize, stride: usize, x: usize, ldx: usize, dz: usize, lddz: usize, tiles: i32, panels: i32, rows: i32, pack: usize,
  first: bool, last: bool,
): void {
  const packedX = pack + PACKED_PANELS;
  const block = PACK / 4 / rows;
  for (let t = 0; t < tiles; t += block) {
    const count = min(block, tiles - t);
    packTiles(packedX, x + (<usize>t << 4), ldx, count, rows);
    const to = dw + (<usize>t << 7);
    for (let p = 0; p < panels; ) {
      const wide = packColumns(pack, dz + (<usize>p << 5), lddz, rows, panels - p);
      packedTiles(to + <usize>p * stride, stride, packedX, <usize>rows << 4, pack, count, rows, wide, first, last);
      p += wide;
    }
  }
}

/** Packs one panel of dz, or two where the engine has wide registers; how many. */
function packColumns(pack: usize, dz: usize, lddz: usize, rows: i32, panels: i32): i32 {
  packPanel(pack, dz, lddz, rows);
  if (!isWide || panels == 1) return 1;
  packPanel(pack + PACKED_PANEL, dz + 32, lddz, rows);
  return 2;
}

/** dw[4 · tiles, 8] of one panel, or of two that lie `stride` bytes apart, from packed operands: tiles of x `step` bytes apart. */
export function packedTiles(
  dw: usize, stride: usize, packedX: usize, step: usize, pack: usize, tiles: i32, rows: i32, panels: i32, first: bool, last: bool,
): void {
  if (panels == 2) tiles4x16(dw, 32, stride, packedX, step, pack, PACKED_PANEL, 0, 0, tiles, rows, first, last);
  else tiles4x8(dw, 32, packedX, 16, step, pack, 32, 0, tiles, rows, first, last);
}

/**
 * The optimizer's step on w[4 · tiles, 8 · panels] by its gradient xᵀ · dz, which is kept no longer than that takes. At most
 * DEPTH_BLOCK rows. One pass less over the memory of w and dw, each larger than a cache in large networks.
 */
export function denseUpdate(
  w: usize, stride: usize, x: usize, ldx: usize, dz: usize, lddz: usize, rows: i32, tiles: i32, panels: i32, pack: usize,
  chunk: usize, kind: i32, penalised: bool, slot1: usize, slot2: usize, state: usize,
): void {
  if (rows == 1 && kind == Optimizer.sgd && !penalised) {
    const rate = f32x4.splat(<f32>load<f64>(state, State.learningRate << 3));
    const count = pack != 0 && tiles >= SPARSE_INPUTS / 4 ? listNonZeros(pack, x, tiles << 2) : -1;
    for (let p = 0; p < panels; p++) {
      if (count >= 0) sparseStep(w, x, pack, count, dz, rate);
      else sgdOuter4x8(w, x, dz, tiles, rate);
      w += stride; dz += 32;
    }
    return;
  }
  const packs = pack != 0 && rows >= PACK_ROWS;
  const packedX = pack + PACKED_PANELS;
  const block = packs ? PACK / 4 / rows : tiles;
  for (let t = 0; t < tiles; t += block) {
    const blockEnd = min(t + block, tiles);
    if (packs) packTiles(packedX, x + (<usize>t << 4), ldx, blockEnd - t, rows);
    for (let p = 0; p < panels; ) {
      const column = dz + (<usize>p << 5);
      const wide = packs ? packColumns(pack, column, lddz, rows, panels - p) : 1;
      const most = CHUNK_TILES / wide;
      for (let c = t; c < blockEnd; c += most) {
        const count = min(most, blockEnd - c), size = <usize>count << 7;
        if (packs) packedTiles(chunk, size, packedX + (<usize>(c - t) * rows << 4), <usize>rows << 4, pack, count, rows, wide, true, true);
        else if (rows == 1) outerProduct4x8(chunk, x + (<usize>c << 4), column, count);
        else tiles4x8(chunk, 32, x + (<usize>c << 4), ldx, 16, column, lddz, 0, count, rows, true, true);
        for (let n = 0; n < wide; n++) {
          const at = <usize>(p + n) * stride + (<usize>c << 7);
          updateRange(kind, penalised, w + at, chunk + <usize>n * size, slot1 + at, slot2 + at, count << 5, state);
        }
      }
      p += wide;
    }
  }
}
