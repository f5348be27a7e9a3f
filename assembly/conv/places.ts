import { word } from "../fields";
import { Window } from "../records";

// Where the windows of a block of targets are, noted once for all groups and all passes over the terms. Of each target: the address
// that tap (0, 0) would have, its row and its column among the points, and whether the whole window is inside.

/** A target's words, in bytes. */
export const PLACE = 16;
export const PLACE_Y = 4;
export const PLACE_X = 8;
export const PLACE_INSIDE = 12;

/** A row in which no tap of any window is inside. */
const NOWHERE = -(1 << 29);

/** Notes `count` targets from `first` on, counted through the batch; what is missing to a multiple of four has no points. */
export function notePlaces(places: usize, x: usize, window: usize, first: i32, count: i32): void {
  const gridWidth = word(window, Window.gridWidth), gridHeight = word(window, Window.gridHeight);
  const width = word(window, Window.width), pointStride = word(window, Window.pointStride) << 2;
  const stepY = word(window, Window.stepY), stepX = word(window, Window.stepX);
  const rowStride = <usize>word(window, Window.rowStride) << 2;
  // The window lies inside from the first row of points to the last where its taps reach so far up and down.
  const reachY = (word(window, Window.tapsY) - 1) * word(window, Window.dilationY);
  const reachX = (word(window, Window.tapsX) - 1) * word(window, Window.dilationX);
  const top = max(0, -reachY), bottom = word(window, Window.height) - max(0, reachY);
  const left = max(0, -reachX), right = width - max(0, reachX);
  const offsetY = word(window, Window.offsetY), offsetX = word(window, Window.offsetX);
  const line = first / gridWidth, row = line / gridHeight;
  let gx = first - line * gridWidth, gy = line - row * gridHeight;
  let source = x + <usize>row * rowStride;
  let py = gy * stepY + offsetY, px = gx * stepX + offsetX;
  const end = places + <usize>count * PLACE;
  for (; places < end; places += PLACE) {
    store<u32>(places, <u32>(source + <usize>((py * width + px) * pointStride)));
    store<i32>(places, py, PLACE_Y);
    store<i32>(places, px, PLACE_X);
    store<i32>(places, i32(py >= top) & i32(py < bottom) & i32(px >= left) & i32(px < right), PLACE_INSIDE);
    px += stepX;
    if (++gx == gridWidth) {
      gx = 0; px = offsetX; py += stepY;
      if (++gy == gridHeight) {
        gy = 0; py = offsetY; source += rowStride;
      }
    }
  }
  for (; count & 3; count++) {
    store<u32>(places, <u32>x);
    store<i32>(places, NOWHERE, PLACE_Y);
    store<i32>(places, NOWHERE, PLACE_X);
    store<i32>(places, 0, PLACE_INSIDE);
    places += PLACE;
  }
}
