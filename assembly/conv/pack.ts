import { word } from "../fields";
import { turn4x4 } from "../gemm/pack";
import { Window } from "../records";
import { PLACE, PLACE_INSIDE, PLACE_X, PLACE_Y } from "./places";

// The windows of a block of targets in the order in which tiles4x8 takes them: a matrix of targets by terms that is never written out.

/** to[targets / 4][depth padded to 4][4] = terms from k on of the windows at `places`, turned, for whole fours of `targets`. */
export function packWindows(to: usize, places: usize, channel: usize, window: usize, targets: i32, k: i32, depth: i32, zeros: usize): void {
  const step = <usize>((depth + 3) & ~3) << 4;
  for (; targets > 0; targets -= 4) {
    turnWindows(to, places, channel, window, k, depth, zeros);
    to += step; places += PLACE << 2;
  }
}

/** to[tiles][targets][4] = the same terms, for whole fours of `targets`; `step` bytes from tile to tile. What is missing to a tile is zero. */
export function packWindowTiles(
  to: usize, step: usize, places: usize, channel: usize, window: usize, targets: i32, k: i32, depth: i32, zeros: usize, strip: usize,
): void {
  const inFours = (word(window, Window.channels) & 3) == 0;
  for (; targets > 0; targets -= 4) {
    if (inFours) copyWindows(to, step, places, channel, window, k, depth, zeros);
    else {
      turnWindows(strip, places, channel, window, k, depth, zeros);
      turnStrip(to, step, strip, depth);
    }
    to += 64; places += PLACE << 2;
  }
}

/** to[tiles][4][4] = strip[depth][4], turned; zero in what is missing to a tile. */
export function turnStrip(to: usize, step: usize, strip: usize, depth: i32): void {
  const end = strip + (<usize>((depth + 3) & ~3) << 4);
  for (let at = strip + (<usize>depth << 4); at < end; at += 16) v128.store(at, f32x4.splat(0));
  for (; strip < end; strip += 64) {
    turn4x4(to, 16, strip, 16);
    to += step;
  }
}

// @ts-ignore: decorator
@inline
function isInside(places: usize): bool {
  return (load<i32>(places, PLACE_INSIDE) & load<i32>(places, PLACE + PLACE_INSIDE) & load<i32>(places, 2 * PLACE + PLACE_INSIDE)
    & load<i32>(places, 3 * PLACE + PLACE_INSIDE)) != 0;
}

/** Whether the point of a target that is so far from the first tap's lies outside. */
// @ts-ignore: decorator
@inline
function isOutside(place: usize, y: i32, x: i32, height: i32, width: i32): bool {
  return <u32>(load<i32>(place, PLACE_Y) + y) >= <u32>height || <u32>(load<i32>(place, PLACE_X) + x) >= <u32>width;
}

/** to[depth][4]: four windows. */
function turnWindows(to: usize, places: usize, channel: usize, window: usize, k: i32, depth: i32, zeros: usize): void {
  const channels = word(window, Window.channels), tapsX = word(window, Window.tapsX);
  const dilationY = word(window, Window.dilationY), dilationX = word(window, Window.dilationX);
  const height = word(window, Window.height), width = word(window, Window.width), pointStride = word(window, Window.pointStride) << 2;
  const inside = isInside(places);
  const tap = k / channels;
  let c = k - tap * channels, ty = tap / tapsX, tx = tap - ty * tapsX;
  while (depth > 0) {
    const count = min(channels - c, depth), y = ty * dilationY, x = tx * dilationX;
    const at = channel + <usize>((y * width + x) * pointStride + (c << 2));
    let p0 = <usize>load<u32>(places) + at, p1 = <usize>load<u32>(places, PLACE) + at;
    let p2 = <usize>load<u32>(places, 2 * PLACE) + at, p3 = <usize>load<u32>(places, 3 * PLACE) + at;
    if (!inside) {
      if (isOutside(places, y, x, height, width)) p0 = zeros;
      if (isOutside(places + PLACE, y, x, height, width)) p1 = zeros;
      if (isOutside(places + 2 * PLACE, y, x, height, width)) p2 = zeros;
      if (isOutside(places + 3 * PLACE, y, x, height, width)) p3 = zeros;
    }
    turnRows(to, p0, p1, p2, p3, count);
    to += <usize>count << 4;
    depth -= count; c = 0;
    if (++tx == tapsX) { tx = 0; ty++; }
  }
}

/** to[tiles][4][4]: four windows whose channels are whole tiles. */
function copyWindows(to: usize, step: usize, places: usize, channel: usize, window: usize, k: i32, depth: i32, zeros: usize): void {
  const channels = word(window, Window.channels), tapsX = word(window, Window.tapsX);
  const dilationY = word(window, Window.dilationY), dilationX = word(window, Window.dilationX);
  const height = word(window, Window.height), width = word(window, Window.width), pointStride = word(window, Window.pointStride) << 2;
  const inside = isInside(places);
  const tap = k / channels;
  let c = k - tap * channels, ty = tap / tapsX, tx = tap - ty * tapsX;
  while (depth > 0) {
    const count = min(channels - c, depth), y = ty * dilationY, x = tx * dilationX;
    const at = channel + <usize>((y * width + x) * pointStride + (c << 2));
    let p0 = <usize>load<u32>(places) + at, p1 = <usize>load<u32>(places, PLACE) + at;
    let p2 = <usize>load<u32>(places, 2 * PLACE) + at, p3 = <usize>load<u32>(places, 3 * PLACE) + at;
    if (!inside) {
      if (isOutside(places, y, x, height, width)) p0 = zeros;
      if (isOutside(places + PLACE, y, x, height, width)) p1 = zeros;
      if (isOutside(places + 2 * PLACE, y, x, height, width)) p2 = zeros;
      if (isOutside(places + 3 * PLACE, y, x, height, width)) p3 = zeros;
    }
    to = copyRows(to, step, p0, p1, p2, p3, count);
    depth -= count; c = 0;
    if (++tx == tapsX) { tx = 0; ty++; }
  }
}

/** to[count][4] = four rows of `count` numbers, turned. Up to three numbers behind them are read. */
function turnRows(to: usize, p0: usize, p1: usize, p2: usize, p3: usize, count: i32): void {
  for (const end = to + (<usize>(count & ~3) << 4); to < end; to += 64) {
    const r0 = v128.load(p0), r1 = v128.load(p1), r2 = v128.load(p2), r3 = v128.load(p3);
    const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f32>(t0, t1, 0, 1, 4, 5));
    v128.store(to, v128.shuffle<f32>(t0, t1, 2, 3, 6, 7), 16);
    v128.store(to, v128.shuffle<f32>(t2, t3, 0, 1, 4, 5), 32);
    v128.store(to, v128.shuffle<f32>(t2, t3, 2, 3, 6, 7), 48);
    p0 += 16; p1 += 16; p2 += 16; p3 += 16;
  }
  const rest = count & 3;
  if (rest == 0) return;
  if (rest == 1) {
    store<f32>(to, load<f32>(p0)); store<f32>(to, load<f32>(p1), 4);
    store<f32>(to, load<f32>(p2), 8); store<f32>(to, load<f32>(p3), 12);
    return;
  }
  const r0 = v128.load(p0), r1 = v128.load(p1), r2 = v128.load(p2), r3 = v128.load(p3);
  const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  v128.store(to, v128.shuffle<f32>(t0, t1, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<f32>(t0, t1, 2, 3, 6, 7), 16);
  if (rest == 3) v128.store(to, v128.shuffle<f32>(v128.shuffle<f32>(r0, r1, 2, 6, 3, 7), v128.shuffle<f32>(r2, r3, 2, 6, 3, 7), 0, 1, 4, 5), 32);
}

/** to[count / 4][4][4] = four rows of whole fours of numbers, `step` bytes from tile to tile; the tile behind. */
function copyRows(to: usize, step: usize, p0: usize, p1: usize, p2: usize, p3: usize, count: i32): usize {
  for (const end = p0 + (<usize>count << 2); p0 < end; p0 += 16) {
    v128.store(to, v128.load(p0)); v128.store(to, v128.load(p1), 16);
    v128.store(to, v128.load(p2), 32); v128.store(to, v128.load(p3), 48);
    p1 += 16; p2 += 16; p3 += 16; to += step;
  }
  return to;
}
