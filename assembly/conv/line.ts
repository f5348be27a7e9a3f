import { word } from "../fields";
import { Window } from "../records";
import { turnStrip } from "./pack";

// Windows of an image of one channel whose points lie side by side, as users give it. Four neighbouring windows have four neighbouring points at
// each tap: one vector, which is turned already.

/** Whether a window's source is such an image. */
// @ts-ignore: decorator
@inline
export function isLine(window: usize): bool {
  return word(window, Window.pointStride) == 1;
}

/**
 * to[targets / 4][depth padded to 4][4] = terms from k on of the windows of `targets` targets from `first` on, turned. Where there is a `strip` its
 * size, and to[tiles][targets padded to 4][4] with tiles `step` bytes apart.
 */
export function packLine(to: usize, step: usize, x: usize, window: usize, first: i32, targets: i32, k: i32, depth: i32, strip: usize): void {
  const gridWidth = word(window, Window.gridWidth), gridHeight = word(window, Window.gridHeight);
  const stepY = word(window, Window.stepY), stepX = word(window, Window.stepX);
  const rowStride = <usize>word(window, Window.rowStride) << 2;
  const line = first / gridWidth, row = line / gridHeight;
  let gx = first - line * gridWidth, gy = line - row * gridHeight;
  x += <usize>row * rowStride;
  const next: usize = strip ? 64 : <usize>((depth + 3) & ~3) << 4;
  for (; targets > 0; targets -= 4) {
    const four = strip ? strip : to, lanes = min(targets, 4);
    if (stepX == 1 && gx + 4 <= gridWidth) {
      turnNeighbours(four, x, window, gy * stepY, gx, k, depth);
      gx += 4;
    } else {
      for (let lane = 0; lane < lanes; lane++) {
        if (gx == gridWidth) {
          gx = 0;
          if (++gy == gridHeight) { gy = 0; x += rowStride; }
        }
        turnPixels(four + (<usize>lane << 2), x, window, gy * stepY, gx * stepX, k, depth);
        gx++;
      }
    }
    if (gx == gridWidth) {
      gx = 0;
      if (++gy == gridHeight) { gy = 0; x += rowStride; }
    }
    if (strip) turnStrip(to, step, strip, depth);
    to += next;
  }
}

/** to[depth][4]: the window of the target whose step is (gy, gx), and those of its three neighbours. */
function turnNeighbours(to: usize, source: usize, window: usize, gy: i32, gx: i32, k: i32, depth: i32): void {
  const tapsX = word(window, Window.tapsX), dilationY = word(window, Window.dilationY), dilationX = word(window, Window.dilationX);
  const height = word(window, Window.height), width = word(window, Window.width);
  const ty = k / tapsX, y = gy + word(window, Window.offsetY), x = gx + word(window, Window.offsetX);
  const end = to + (<usize>depth << 4), across = tapsX * dilationX;
  let tx = k - ty * tapsX, py = y + ty * dilationY, px = x + tx * dilationX;
  source += <usize>((py * width + px) << 2);
  const right = <usize>(dilationX << 2), down = <usize>((dilationY * width - across) << 2);
  // Dilations are positive here.
  if (y >= 0 && x >= 0 && y + (word(window, Window.tapsY) - 1) * dilationY < height && x + across - dilationX + 3 < width) {
    for (; to < end; to += 16) {
      v128.store(to, v128.load(source));
      source += right;
      if (++tx == tapsX) { tx = 0; source += down; }
    }
    return;
  }
  for (; to < end; to += 16) {
    if (<u32>py >= <u32>height) v128.store(to, f32x4.splat(0));
    else {
      // A vector and no single numbers: it may be read as one at once. What it takes from beside the line is left out.
      const inside = i32x4.lt_u(i32x4.add(i32x4.splat(px), i32x4(0, 1, 2, 3)), i32x4.splat(width));
      v128.store(to, v128.and(v128.load(source), inside));
    }
    source += right; px += dilationX;
    if (++tx == tapsX) { tx = 0; px -= across; py += dilationY; source += down; }
  }
}

/** to[depth][one of 4]: the window of one target. */
function turnPixels(to: usize, source: usize, window: usize, gy: i32, gx: i32, k: i32, depth: i32): void {
  const tapsX = word(window, Window.tapsX), dilationY = word(window, Window.dilationY), dilationX = word(window, Window.dilationX);
  const height = word(window, Window.height), width = word(window, Window.width);
  const ty = k / tapsX, across = tapsX * dilationX;
  let tx = k - ty * tapsX;
  let py = gy + word(window, Window.offsetY) + ty * dilationY, px = gx + word(window, Window.offsetX) + tx * dilationX;
  for (const end = to + (<usize>depth << 4); to < end; to += 16) {
    const isInside = <u32>py < <u32>height && <u32>px < <u32>width;
    store<f32>(to, isInside ? load<f32>(source + <usize>((py * width + px) << 2)) : 0);
    px += dilationX;
    if (++tx == tapsX) { tx = 0; px -= across; py += dilationY; }
  }
}
