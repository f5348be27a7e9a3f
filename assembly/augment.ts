import { copyRows } from "./arrange";
import { address, get, scratch, shareStart, stride, word } from "./fields";
import { flush } from "./math";
import { fillBits, fillNormal } from "./random";
import { Augment, AUGMENT_WORDS, AugmentNumbers, BORDER, SPLINE, State } from "./records";

// Augmentation of images. An image is copied into a border, and made anew from the copy: what is outside is looked up as what is inside. Maps
// are computed in 64 bits, places and pixels in 32.

export function augmentPart(r: usize, state: usize, rows: i32, thread: i32, size: i32): void {
  const channels = word(r, Augment.channels), height = word(r, Augment.height), width = word(r, Augment.width);
  const ldx = stride(r, Augment.ldx), words = scratch(r, Augment.room, state, thread), image = words + (AUGMENT_WORDS << 2);
  const rowBytes = <usize>(width + BORDER) << 2, plane = <usize>(height + BORDER) * rowBytes;
  const grid = image + ((channels * plane + 15) & ~15);
  const seedLow = word(r, Augment.seedLow), seedHigh = word(r, Augment.seedHigh), stream = word(r, Augment.stream);
  const hasSplines = word(r, Augment.splines) != 0, pass = <u32><u64>get(state, State.pass);
  const fill = f32x4.splat(<f32>number(r, AugmentNumbers.fill));
  for (let at = image; at < grid; at += 16) v128.store(at, fill);
  const from = shareStart(rows, thread, size), to = shareStart(rows, thread + 1, size);
  let x = address(r, Augment.x) + <usize>from * ldx;
  for (let row = from; row < to; row++) {
    let inside = image + rowBytes + 4, pixels = x;
    for (let c = 0; c < channels; c++) {
      copyRows(inside, rowBytes, pixels, <usize>width << 2, height, width);
      inside += plane; pixels += <usize>(height * width) << 2;
    }
    fillBits(words, AUGMENT_WORDS, seedLow, seedHigh, stream, pass, row * AUGMENT_WORDS);
    if (hasSplines) bend(r, grid, seedLow, seedHigh, stream + 1, pass, row);
    map(r, x, words, image, hasSplines ? grid : 0);
    x += ldx;
  }
}

/** One of the record's numbers. */
// @ts-ignore: decorator
@inline
function number(r: usize, index: usize): f64 {
  return load<f64>(address(r, Augment.numbers) + (index << 3));
}

/** A number from −1 to below 1. */
// @ts-ignore: decorator
@inline
function signed(words: usize, index: usize): f64 {
  return <f64>(load<u32>(words + (index << 2)) >>> 8) * 1.1920928955078125e-7 - 1;
}

/** How far an image goes in one respect. */
// @ts-ignore: decorator
@inline
function drawn(r: usize, words: usize, index: usize): f64 {
  return number(r, index) * signed(words, index);
}

/** −1 or 1 by chance where an image may be flipped, else 1. */
// @ts-ignore: decorator
@inline
function side(r: usize, words: usize, index: usize): f64 {
  return number(r, index) != 0 && signed(words, index) < 0 ? -1 : 1;
}

/** sin x (odd = 1) or cos x (odd = 0) for |x| ≤ π, by the Taylor series: what is left out and rounded is below 1e-15. */
function circular(x: f64, odd: i32): f64 {
  const square = x * x;
  let term: f64 = odd ? x : 1, sum = term;
  for (let k = odd + 1; k < 30; k += 2) {
    term = -term * square / <f64>(k * (k + 1));
    sum += term;
  }
  return sum;
}

/**
 * The inverse of: flips, shear, scaling and rotation about the centre, then the shift; so that each pixel knows where it comes from.
 * The order is that of torchvision's `affine`.
 */
function map(r: usize, x: usize, words: usize, image: usize, grid: usize): void {
  const angle = drawn(r, words, AugmentNumbers.rotate), slant = drawn(r, words, AugmentNumbers.shear);
  const factor = 1 + drawn(r, words, AugmentNumbers.scale);
  const sideX = side(r, words, AugmentNumbers.flipX), sideY = side(r, words, AugmentNumbers.flipY);
  const cosine = circular(angle, 0), sine = circular(angle, 1), slope = circular(slant, 1) / circular(slant, 0);
  const a = sideX * ((cosine - slope * sine) / factor), b = sideX * ((sine + slope * cosine) / factor);
  const c = sideY * (-sine / factor), d = sideY * (cosine / factor);
  const centreX = <f64>(word(r, Augment.width) - 1) / 2, centreY = <f64>(word(r, Augment.height) - 1) / 2;
  const fromX = centreX + drawn(r, words, AugmentNumbers.shiftX), fromY = centreY + drawn(r, words, AugmentNumbers.shiftY);
  // The copy has a border before it.
  const startX = centreX - (a * fromX + b * fromY) + 1, startY = centreY - (c * fromX + d * fromY) + 1;
  resample(r, x, image, grid, <f32>a, <f32>b, <f32>startX, <f32>c, <f32>d, <f32>startY);
}

/**
 * y[channels][height][width] from the image in its border: pixel (row, col) is what lies at (a·col + b·row + startX, c·col + d·row + startY),
 * moved by the displacement.
 */
function resample(
  r: usize, y: usize, image: usize, grid: usize, a: f32, b: f32, startX: f32, c: f32, d: f32, startY: f32,
): void {
  const channels = word(r, Augment.channels), height = word(r, Augment.height), width = word(r, Augment.width);
  const gridRows = word(r, Augment.gridRows), curve = curveBytes(width);
  const rowBytes = <usize>(width + BORDER) << 2, plane = <usize>(height + BORDER) * rowBytes, area = <usize>(height * width) << 2;
  const curves = grid ? grid + (<usize>(2 * gridRows * word(r, Augment.gridCols)) << 2) : 0;
  let spline = address(r, Augment.splines) + <usize>(width * SPLINE) * 8;
  const one = f32x4.splat(1), right = f32x4.splat(<f32>(width + 1)), bottom = f32x4.splat(<f32>(height + 1));
  const rowWidth = f32x4.splat(<f32>(width + BORDER)), rising = f32x4(0, 1, 2, 3);
  for (let row = 0; row < height; row++) {
    const baseX = f32x4.splat(b * <f32>row + startX), baseY = f32x4.splat(d * <f32>row + startY);
    let at = curves;
    let w0 = one, w1 = one, w2 = one, w3 = one;
    if (grid) {
      at += <usize>load<f64>(spline) * curve;
      w0 = weight(spline, 1); w1 = weight(spline, 2); w2 = weight(spline, 3); w3 = weight(spline, 4);
      spline += SPLINE * 8;
    }
    for (let col = 0; col < width; col += 4) {
      const position = f32x4.add(f32x4.splat(<f32>col), rising);
      let px = f32x4.add(f32x4.mul(f32x4.splat(a), position), baseX), py = f32x4.add(f32x4.mul(f32x4.splat(c), position), baseY);
      if (grid) {
        const here = at + (<usize>col << 2);
        px = f32x4.add(px, blend(here, curve, w0, w1, w2, w3));
        py = f32x4.add(py, blend(here + <usize>gridRows * curve, curve, w0, w1, w2, w3));
      }
      // What is far outside is on the border; what is no number as well.
      px = f32x4.pmin(right, f32x4.pmax(f32x4.splat(0), px));
      py = f32x4.pmin(bottom, f32x4.pmax(f32x4.splat(0), py));
      const left = f32x4.floor(px), above = f32x4.floor(py);
      const toRight = f32x4.sub(px, left), toBottom = f32x4.sub(py, above);
      const toLeft = f32x4.sub(one, toRight), toTop = f32x4.sub(one, toBottom);
      // Whole numbers below 2^24.
      const offset = i32x4.shl(i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.mul(above, rowWidth), left)), 2);
      let from = image, to = y + (<usize>(row * width + col) << 2);
      for (let n = 0; n < channels; n++) {
        const p = corners(from + <usize>i32x4.extract_lane(offset, 0), rowBytes), q = corners(from + <usize>i32x4.extract_lane(offset, 1), rowBytes);
        const s = corners(from + <usize>i32x4.extract_lane(offset, 2), rowBytes), t = corners(from + <usize>i32x4.extract_lane(offset, 3), rowBytes);
        const pqTop = v128.shuffle<i32>(p, q, 0, 4, 1, 5), stTop = v128.shuffle<i32>(s, t, 0, 4, 1, 5);
        const pqBottom = v128.shuffle<i32>(p, q, 2, 6, 3, 7), stBottom = v128.shuffle<i32>(s, t, 2, 6, 3, 7);
        const top = f32x4.add(
          f32x4.mul(toLeft, v128.shuffle<i32>(pqTop, stTop, 0, 1, 4, 5)), f32x4.mul(toRight, v128.shuffle<i32>(pqTop, stTop, 2, 3, 6, 7)),
        );
        const low = f32x4.add(
          f32x4.mul(toLeft, v128.shuffle<i32>(pqBottom, stBottom, 0, 1, 4, 5)), f32x4.mul(toRight, v128.shuffle<i32>(pqBottom, stBottom, 2, 3, 6, 7)),
        );
        storeSome(to, flush(f32x4.add(f32x4.mul(toTop, top), f32x4.mul(toBottom, low))), width - col);
        from += plane; to += area;
      }
    }
  }
}

/** Four pixels: two of a row, and the two below. */
// @ts-ignore: decorator
@inline
function corners(at: usize, rowBytes: usize): v128 {
  return v128.load_lane<u64>(at + rowBytes, v128.load_zero<u64>(at), 1);
}

/** Stores the first `count` lanes. */
// @ts-ignore: decorator
@inline
function storeSome(x: usize, v: v128, count: i32): void {
  if (count >= 4) {
    v128.store(x, v);
  } else {
    v128.store_lane<u32>(x, v, 0);
    if (count > 1) v128.store_lane<u32>(x + 4, v, 1);
    if (count > 2) v128.store_lane<u32>(x + 8, v, 2);
  }
}

// Displacements. Controls of a coarse grid, drawn at random, are blended along each of its rows into curves, and those down each column of
// pixels: cubic B-splines both ways.

/** Bytes from one curve to the next: whole vectors. */
// @ts-ignore: decorator
@inline
function curveBytes(width: i32): usize {
  return <usize>((width + 3) & ~3) << 2;
}

/** Draws the grid of an image, controls for x before those for y, and makes its curves. */
function bend(r: usize, grid: usize, seedLow: u32, seedHigh: u32, stream: u32, pass: u32, row: i32): void {
  const width = word(r, Augment.width), cols = word(r, Augment.gridCols), rows = 2 * word(r, Augment.gridRows);
  const count = rows * cols, curve = curveBytes(width), curves = grid + (<usize>count << 2);
  fillNormal(grid, count, 0, <f32>number(r, AugmentNumbers.displacement), seedLow, seedHigh, stream, pass, <u32>row * count);
  let spline = address(r, Augment.splines);
  for (let col = 0; col < width; col++) {
    const w0 = <f32>load<f64>(spline, 8), w1 = <f32>load<f64>(spline, 16), w2 = <f32>load<f64>(spline, 24), w3 = <f32>load<f64>(spline, 32);
    let from = grid + (<usize>load<f64>(spline) << 2), to = curves + (<usize>col << 2);
    for (let n = 0; n < rows; n++) {
      store<f32>(to, w0 * load<f32>(from) + w1 * load<f32>(from, 4) + w2 * load<f32>(from, 8) + w3 * load<f32>(from, 12));
      from += <usize>cols << 2; to += curve;
    }
    spline += SPLINE * 8;
  }
}

// @ts-ignore: decorator
@inline
function weight(spline: usize, index: usize): v128 {
  return f32x4.splat(<f32>load<f64>(spline + (index << 3)));
}

/** Four pixels of a row from the four curves about it. */
// @ts-ignore: decorator
@inline
function blend(at: usize, curve: usize, w0: v128, w1: v128, w2: v128, w3: v128): v128 {
  const upper = f32x4.add(f32x4.mul(w0, v128.load(at)), f32x4.mul(w1, v128.load(at + curve)));
  return f32x4.add(f32x4.add(upper, f32x4.mul(w2, v128.load(at + 2 * curve))), f32x4.mul(w3, v128.load(at + 3 * curve)));
}
