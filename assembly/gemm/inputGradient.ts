import { flush } from "../math";
import { DEPTH_BLOCK, PACK_COLS, PACK_ROWS, PACKED_PANEL, ROW_BLOCK } from "../records";
import { madd } from "./sums";
import { packRows, turn4x4 } from "./pack";
import { panel4x8 } from "./panel4x8";
import { panelRows } from "./rows";
import { isWide } from "./tiles4x16";
import { packedPanels } from "./tiles4x8";

/**
 * dx[rows, inputs] = dz[rows, outputs] · wᵀ. The panels of w, `stride` bytes apart, are turned block by block into `panel`, which then
 * serves a block of rows; a single row turns them in registers. lddx and lddz are in bytes, `pack` as in denseForward.
 */
export function denseInputGradient(
  dx: usize, lddx: usize, dz: usize, lddz: usize, w: usize, stride: usize, rows: i32, inputs: i32, outputs: i32, panel: usize,
  pack: usize,
): void {
  if (rows == 1) {
    for (let i = 0; i < inputs; i += 4) {
      inputGradientRow1x4(dx, dz, w, stride, outputs);
      dx += 16; w += 128;
    }
    // The row is padded to 8: what the blocks of 4 leave is zero already, as every padding is.
    return;
  }
  for (let row = 0; row < rows; row += ROW_BLOCK) {
    const count = min(ROW_BLOCK, rows - row), whole = count & ~3;
    const dxr = dx + <usize>row * lddx, dzr = dz + <usize>row * lddz;
    for (let k = 0; k < outputs; k += DEPTH_BLOCK) {
      const depth = min(DEPTH_BLOCK, outputs - k);
      const first = k == 0, last = k + depth == outputs;
      const from = dzr + (<usize>k << 2);
      const packs = pack != 0 && count >= PACK_ROWS && inputs >= PACK_COLS;
      if (packs) packRows(pack, from, lddz, whole, depth);
      let wk = w + <usize>(k >> 3) * stride, to = dxr;
      for (let i = 0; i < inputs; i += 8) {
        turnPanels(panel, wk, stride, (depth + 7) >> 3, inputs - i > 4);
        let panels = 1;
        if (packs) {
          if (isWide && inputs - i > 8) {
            panels = 2;
            turnPanels(panel + PACKED_PANEL, wk + 256, stride, (depth + 7) >> 3, inputs - i > 12);
            i += 8;
          }
          packedPanels(to, lddx, pack, panel, PACKED_PANEL, 0, 0, whole >> 2, panels, depth, first, last);
        } else {
          panel4x8(to, lddx, from, lddz, panel, 0, whole, depth, first, last);
        }
        if (count > whole) {
          const rest = <usize>whole;
          panelRows(
            to + rest * lddx, lddx, from + rest * lddz, lddz, panel, PACKED_PANEL, 0, count - whole, panels, depth, first, last,
          );
        }
        wk += <usize>panels << 8; to += <usize>panels << 5;
      }
    }
  }
}

/** Four inputs of one row: dx[4] = Σ over ascending o of dz[o] · w[4, o], four o's turned at a time. */
function inputGradientRow1x4(dx: usize, dz: usize, w: usize, stride: usize, outputs: i32): void {
  let sum = f32x4.splat(0);
  for (; outputs > 4; outputs -= 8) {
    sum = addTurned4x4(sum, dz, w, 4);
    sum = addTurned4x4(sum, dz + 16, w + 16, min(outputs - 4, 4));
    dz += 32; w += stride;
  }
  if (outputs > 0) sum = addTurned4x4(sum, dz, w, outputs);
  v128.store(dx, flush(sum));
}

/** sum + Σ dz[j] · w[·, j] over j < terms ≤ 4, w[4, 4] with rows 32 bytes apart. */
// @ts-ignore: decorator
@inline
function addTurned4x4(sum: v128, dz: usize, w: usize, terms: i32): v128 {
  const r0 = v128.load(w), r1 = v128.load(w, 32), r2 = v128.load(w, 64), r3 = v128.load(w, 96);
  const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  sum = madd(sum, v128.load32_splat(dz), v128.shuffle<f32>(t0, t1, 0, 1, 4, 5));
  if (terms > 1) sum = madd(sum, v128.load32_splat(dz, 4), v128.shuffle<f32>(t0, t1, 2, 3, 6, 7));
  if (terms > 2) sum = madd(sum, v128.load32_splat(dz, 8), v128.shuffle<f32>(t2, t3, 0, 1, 4, 5));
  if (terms > 3) sum = madd(sum, v128.load32_splat(dz, 12), v128.shuffle<f32>(t2, t3, 2, 3, 6, 7));
  return sum;
}

/** to[8 · panels][8] = the eight inputs at `w` in `panels` panels, turned. Only four inputs where `wide` is false; the rest is zero. */
function turnPanels(to: usize, w: usize, stride: usize, panels: i32, wide: bool): void {
  for (; panels > 0; panels--) {
    turn4x4(to, 32, w, 32);
    turn4x4(to + 128, 32, w + 16, 32);
    if (wide) {
      turn4x4(to + 16, 32, w + 128, 32);
      turn4x4(to + 144, 32, w + 144, 32);
    } else {
      for (let i: usize = 16; i < 256; i += 32) v128.store(to + i, f32x4.splat(0));
    }
    to += 256; w += stride;
  }
}
