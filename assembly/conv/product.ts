import { word } from "../fields";
import { packedPanels } from "../gemm/tiles4x8";
import { ROW_BLOCK, Window, WINDOW_DEPTH } from "../records";
import { isLine, packLine } from "./line";
import { packWindows } from "./pack";
import { notePlaces } from "./places";

/**
 * y[targets, groups · cols] = windows of x · w + bias for `targets` targets of one window block from `first` on. Where targets lie side
 * by side the sums are made in their place, else in `sums`.
 */
export function windowProduct(
  y: usize, x: usize, w: usize, bias: usize, window: usize, groups: i32, first: i32, targets: i32, pack: usize, places: usize, zeros: usize,
  sums: usize,
): void {
  const cols = word(window, Window.cols), channels = word(window, Window.channels), panels = (cols + 7) >> 3;
  const terms = word(window, Window.tapsY) * word(window, Window.tapsX) * channels;
  const stride = <usize>((terms + 3) & ~3) << 5, groupStride = <usize>word(window, Window.groupWeights) << 2;
  const biasStep = select<usize>(32, 0, bias != 0);
  const ldy = <usize>word(window, Window.targetX) << 2, ldsums = <usize>panels << 5;
  const isRegular = isInPlace(window, groups), line = isLine(window);
  const passes = max(1, (terms + WINDOW_DEPTH - 1) / WINDOW_DEPTH), most = (terms + passes * 4 - 1) / (passes * 4) << 2;
  w += <usize>word(window, Window.weights) << 2;
  if (terms == 0) memory.fill(sums, 0, ldsums * ROW_BLOCK);
  while (targets > 0) {
    let count = min(ROW_BLOCK, targets);
    const inPlace = isRegular && count > 3;
    if (inPlace) count &= ~3;
    const to = inPlace ? y + (<usize>word(window, Window.first) << 2) + <usize>first * ldy : sums, ldto = inPlace ? ldy : ldsums;
    if (!line) notePlaces(places, x, window, first, count);
    for (let g = 0; g < groups; g++) {
      const wg = w + <usize>g * groupStride, column = <usize>(g * cols) << 2;
      const c = inPlace ? to + column : to, b = bias ? bias + column : 0;
      for (let k = 0; k < terms; k += most) {
        const depth = min(most, terms - k), last = k + depth == terms;
        if (line) packLine(pack, 0, x, window, first, count, k, depth, 0);
        else packWindows(pack, places, <usize>(g * channels) << 2, window, count, k, depth, zeros);
        packedPanels(c, ldto, pack, wg + (<usize>k << 5), stride, b, biasStep, (count + 3) >> 2, panels, depth, k == 0, last);
      }
      if (!inPlace) scatter(y + column, sums, ldsums, window, first, count);
    }
    first += count; targets -= count;
  }
}

/** Whether sums can be made where the targets are: these follow one another as rows of a matrix do, and panels of a group disturb no other. */
function isInPlace(window: usize, groups: i32): bool {
  const targetY = word(window, Window.gridWidth) * word(window, Window.targetX);
  const isMatrix = word(window, Window.targetY) == targetY && word(window, Window.targetRow) == word(window, Window.gridHeight) * targetY;
  const hasTerms = word(window, Window.tapsY) * word(window, Window.tapsX) > 0;
  return isMatrix && hasTerms && (groups == 1 || (word(window, Window.cols) & 7) == 0);
}

/** y[targets, cols] = sums[targets, cols] for `count` targets from `first` on. */
function scatter(y: usize, sums: usize, ldsums: usize, window: usize, first: i32, count: i32): void {
  const gridWidth = word(window, Window.gridWidth), gridHeight = word(window, Window.gridHeight);
  const targetX = <usize>word(window, Window.targetX) << 2, targetY = <usize>word(window, Window.targetY) << 2;
  const targetRow = <usize>word(window, Window.targetRow) << 2;
  const width = <usize>word(window, Window.cols) << 2, whole = width & ~15;
  const line = first / gridWidth;
  let row = line / gridHeight, gx = first - line * gridWidth, gy = line - row * gridHeight;
  y += <usize>word(window, Window.first) << 2;
  for (; count > 0; count--) {
    const to = y + <usize>row * targetRow + <usize>gy * targetY + <usize>gx * targetX;
    let c: usize = 0;
    for (; c < whole; c += 16) v128.store(to + c, v128.load(sums + c));
    for (; c < width; c += 4) store<f32>(to + c, load<f32>(sums + c));
    sums += ldsums;
    if (++gx == gridWidth) {
      gx = 0;
      if (++gy == gridHeight) { gy = 0; row++; }
    }
  }
}
