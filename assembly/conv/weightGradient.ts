import { word } from "../fields";
import { packPanel } from "../gemm/pack";
import { isWide } from "../gemm/tiles4x16";
import { packedTiles } from "../gemm/weightGradient";
import { flush } from "../math";
import { DEPTH_BLOCK, PACK, PACKED_PANEL, PACKED_PANELS, Window } from "../records";
import { lanesBelow } from "../rowTail";
import { isLine, packLine } from "./line";
import { packWindowTiles } from "./pack";
import { notePlaces } from "./places";

/**
 * A part of dw = Σ over targets of the window of x, turned, · dz: groups from `group` to below `groupEnd`, and of each the tiles of four terms and
 * the panels of eight columns from `tile` and `panel` to below their ends. lddz is in bytes.
 */
export function windowWeightGradient(
  dw: usize, x: usize, dz: usize, lddz: usize, window: usize, targets: i32, group: i32, groupEnd: i32, tile: i32, tileEnd: i32,
  panel: i32, panelEnd: i32, pack: usize, places: usize, zeros: usize, strip: usize,
): void {
  const channels = word(window, Window.channels), cols = word(window, Window.cols);
  const terms = word(window, Window.tapsY) * word(window, Window.tapsX) * channels;
  const stride = <usize>((terms + 3) & ~3) << 5, groupStride = <usize>word(window, Window.groupWeights) << 2;
  const packedX = pack + PACKED_PANELS, line = isLine(window);
  // Even blocks, of tiles that fit whatever the number of targets.
  const most = PACK / 4 / DEPTH_BLOCK, tiles = tileEnd - tile, blocks = (tiles + most - 1) / most, block = (tiles + blocks - 1) / blocks;
  for (let first = 0; first < targets; first += DEPTH_BLOCK) {
    const count = min(DEPTH_BLOCK, targets - first), isFirst = first == 0, isLast = first + count == targets;
    const step = <usize>((count + 3) & ~3) << 4, rows = dz + <usize>first * lddz;
    if (!line) notePlaces(places, x, window, first, count);
    for (let g = group; g < groupEnd; g++) {
      for (let t = tile; t < tileEnd; t += block) {
        const end = min(t + block, tileEnd), k = t << 2, depth = min(end << 2, terms) - k;
        const to = dw + <usize>g * groupStride + (<usize>k << 5);
        if (line) packLine(packedX, step, x, window, first, count, k, depth, strip);
        else packWindowTiles(packedX, step, places, <usize>(g * channels) << 2, window, count, k, depth, zeros, strip);
        for (let p = panel; p < panelEnd; ) {
          const column = rows + (<usize>(g * cols + (p << 3)) << 2), wide = isWide && panelEnd - p > 1 ? 2 : 1;
          packCols(pack, column, lddz, count, cols - (p << 3));
          if (wide == 2) packCols(pack + PACKED_PANEL, column + 32, lddz, count, cols - (p << 3) - 8);
          packedTiles(to + <usize>p * stride, stride, packedX, step, pack, end - t, count, wide, isFirst, isLast);
          p += wide;
        }
      }
    }
  }
}

/** to[rows][8] = the first `cols` of dz[rows, 8]: those of another group are left out. */
function packCols(to: usize, dz: usize, lddz: usize, rows: i32, cols: i32): void {
  packPanel(to, dz, lddz, rows);
  if (cols > 7) return;
  const low = cols > 3 ? i32x4.splat(-1) : lanesBelow(cols), high = cols > 4 ? lanesBelow(cols - 4) : i32x4.splat(0);
  for (const end = to + (<usize>rows << 5); to < end; to += 32) {
    v128.store(to, v128.and(v128.load(to), low));
    v128.store(to, v128.and(v128.load(to, 16), high), 16);
  }
}

/** sum[8 · panels] = Σ over rows of x[rows, 8 · panels], in ascending order; a block of rows at a time, so that they are read from memory once. */
export function sumTargets(sum: usize, x: usize, ldx: usize, rows: i32, panels: i32): void {
  for (let row = 0; row < rows; row += DEPTH_BLOCK) {
    const count = min(DEPTH_BLOCK, rows - row);
    addTargets(sum, x, ldx, count, panels, row == 0, row + count == rows);
    x += <usize>count * ldx;
  }
}

function addTargets(sum: usize, x: usize, ldx: usize, rows: i32, panels: i32, first: bool, last: bool): void {
  // Two panels at once: a sum has to wait for its last addition.
  for (; panels > 1; panels -= 2) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, at = x;
    if (!first) { s0 = v128.load(sum); s1 = v128.load(sum, 16); s2 = v128.load(sum, 32); s3 = v128.load(sum, 48); }
    for (let row = 0; row < rows; row++) {
      s0 = f32x4.add(s0, v128.load(at));
      s1 = f32x4.add(s1, v128.load(at, 16));
      s2 = f32x4.add(s2, v128.load(at, 32));
      s3 = f32x4.add(s3, v128.load(at, 48));
      at += ldx;
    }
    v128.store(sum, last ? flush(s0) : s0); v128.store(sum, last ? flush(s1) : s1, 16);
    v128.store(sum, last ? flush(s2) : s2, 32); v128.store(sum, last ? flush(s3) : s3, 48);
    sum += 64; x += 64;
  }
  if (panels > 0) {
    let s0 = f32x4.splat(0), s1 = s0, at = x;
    if (!first) { s0 = v128.load(sum); s1 = v128.load(sum, 16); }
    for (let row = 0; row < rows; row++) {
      s0 = f32x4.add(s0, v128.load(at));
      s1 = f32x4.add(s1, v128.load(at, 16));
      at += ldx;
    }
    v128.store(sum, last ? flush(s0) : s0);
    v128.store(sum, last ? flush(s1) : s1, 16);
  }
}
