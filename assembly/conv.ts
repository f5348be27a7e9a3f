import { sumTargets, windowWeightGradient } from "./conv/weightGradient";
import { windowProduct } from "./conv/product";
import { turnPanel } from "./conv/turn";
import { address, get, scratch, shareStart, stride, word } from "./fields";
import { ConvProduct, ConvTurn, ConvWeightGradient, State, Window, WINDOW_WORDS } from "./records";

// The records of a convolution, each thread its part of the outputs.

/** Fours of targets of each window. */
export function convProductPart(r: usize, state: usize, thread: i32, size: i32): void {
  const zeros = scratch(r, ConvProduct.zeros, state, thread);
  let window = address(r, ConvProduct.windows);
  memory.fill(zeros, 0, <usize>(word(window, Window.channels) + 8) << 2);
  for (let n = word(r, ConvProduct.count); n > 0; n--) {
    const targets = <i32>get(state, State.rows) * word(window, Window.gridHeight) * word(window, Window.gridWidth);
    const fours = (targets + 3) >> 2, from = shareStart(fours, thread, size) << 2;
    windowProduct(
      address(r, ConvProduct.y), address(r, ConvProduct.x), address(r, ConvProduct.w), address(r, ConvProduct.bias), window,
      word(r, ConvProduct.groups), from, min(targets, shareStart(fours, thread + 1, size) << 2) - from,
      scratch(r, ConvProduct.pack, state, thread), scratch(r, ConvProduct.places, state, thread), zeros,
      scratch(r, ConvProduct.sums, state, thread),
    );
    window += WINDOW_WORDS << 2;
  }
}

/** Panels, counted through groups and windows. */
export function convTurnPart(r: usize, thread: i32, size: i32): void {
  const groups = word(r, ConvTurn.groups), count = word(r, ConvTurn.count), first = address(r, ConvTurn.windows);
  const channels = word(first, Window.channels), cols = word(first, Window.cols), panels = (cols + 7) >> 3;
  const wStride = <usize>((word(r, ConvTurn.taps) * cols + 3) & ~3) << 5, wGroup = <usize>((channels + 7) >> 3) * wStride;
  const units = count * groups * panels, end = shareStart(units, thread + 1, size);
  for (let unit = shareStart(units, thread, size); unit < end; unit++) {
    const n = unit / (groups * panels), g = unit / panels - n * groups, p = unit % panels;
    const window = first + <usize>(n * WINDOW_WORDS << 2);
    const terms = word(window, Window.tapsY) * word(window, Window.tapsX) * channels;
    const at = <usize>(word(window, Window.weights) + g * word(window, Window.groupWeights) + p * (((terms + 3) & ~3) << 3));
    turnPanel(address(r, ConvTurn.to) + (at << 2), address(r, ConvTurn.w) + <usize>g * wGroup, wStride, window, p << 3);
  }
}

/** Groups, tiles of four terms, or panels of columns; of the bias, panels. */
export function convWeightGradientPart(r: usize, state: usize, targets: i32, thread: i32, size: i32): void {
  const window = address(r, ConvWeightGradient.window), groups = word(r, ConvWeightGradient.groups);
  const dz = address(r, ConvWeightGradient.dz), lddz = stride(r, ConvWeightGradient.lddz), dbias = address(r, ConvWeightGradient.dbias);
  const cols = word(window, Window.cols), channels = word(window, Window.channels);
  if (dbias) {
    const all = (groups * cols + 7) >> 3, from = shareStart(all, thread, size), at = <usize>from << 5;
    sumTargets(dbias + at, dz + at, lddz, targets, shareStart(all, thread + 1, size) - from);
  }
  const tiles = (word(window, Window.tapsY) * word(window, Window.tapsX) * channels + 3) >> 2, panels = (cols + 7) >> 3;
  let group = 0, groupEnd = groups, tile = 0, tileEnd = tiles, panel = 0, panelEnd = panels;
  if (groups >= size) {
    group = shareStart(groups, thread, size); groupEnd = shareStart(groups, thread + 1, size);
  } else if (largestShare(tiles, size) <= largestShare(panels, size)) {
    tile = shareStart(tiles, thread, size); tileEnd = shareStart(tiles, thread + 1, size);
  } else {
    panel = shareStart(panels, thread, size); panelEnd = shareStart(panels, thread + 1, size);
  }
  if (group == groupEnd || tile == tileEnd || panel == panelEnd) return;
  const zeros = scratch(r, ConvWeightGradient.zeros, state, thread);
  memory.fill(zeros, 0, <usize>(channels + 8) << 2);
  windowWeightGradient(
    address(r, ConvWeightGradient.dw), address(r, ConvWeightGradient.x), dz, lddz, window, targets, group, groupEnd, tile, tileEnd,
    panel, panelEnd, scratch(r, ConvWeightGradient.pack, state, thread), scratch(r, ConvWeightGradient.places, state, thread), zeros,
    scratch(r, ConvWeightGradient.strip, state, thread),
  );
}

/** The part of the units that the busiest of the threads has. */
function largestShare(units: i32, size: i32): f64 {
  return <f64>((units + size - 1) / size) / <f64>units;
}
