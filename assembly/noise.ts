import { address, constant, get, scratch, shareStart, stride, word } from "./fields";
import { flush } from "./math";
import { fillBits, fillNormal } from "./random";
import { DRAWN, Dropout, DropoutBackward, GaussianNoise, State } from "./records";
import { maskTail } from "./rowTail";

// Random numbers are drawn for DRAWN numbers at a time, over the ends of short rows, and then taken row by row: the generator makes sixteen
// side by side, and single ones at four times the price.

/** The whole sixteens that `count` numbers from `index` on lie in, when a block of the generator starts them. */
// @ts-ignore: decorator
@inline
function wholeDraw(index: u32, count: u32): u32 {
  return ((index & 3) + count + 15) & ~15;
}

export function dropoutPart(r: usize, state: usize, rows: i32, thread: i32, size: i32): void {
  const from = shareStart(rows, thread, size), to = shareStart(rows, thread + 1, size);
  const ld = stride(r, Dropout.ld), at = <usize>from * ld;
  let y = address(r, Dropout.y) + at, x = address(r, Dropout.x) + at, mask = address(r, Dropout.mask) + at;
  const words = scratch(r, Dropout.words, state, thread);
  const seedLow = word(r, Dropout.seedLow), seedHigh = word(r, Dropout.seedHigh), stream = word(r, Dropout.stream);
  const cols = word(r, Dropout.cols), together = max(1, DRAWN / cols), pass = <u32><u64>get(state, State.pass);
  for (let row = from; row < to; row += together) {
    const count = min(together, to - row);
    for (let col = 0; col < cols; col += DRAWN) {
      const width = min(DRAWN, cols - col), index = <u32>row * cols + col;
      fillBits(words, wholeDraw(index, count * width), seedLow, seedHigh, stream, pass, index & ~3);
      const drawn = words + <usize>((index & 3) << 2), byte = <usize>col << 2;
      dropout(
        y + byte, x + byte, mask + byte, drawn, count, width, ld, word(r, Dropout.threshold), constant(r, Dropout.scale),
        constant(r, Dropout.kept), constant(r, Dropout.dropped),
      );
    }
    const step = <usize>count * ld;
    y += step; x += step; mask += step;
  }
}

/** y[rows, cols] = x ⊙ mask + offset, by words[rows, cols], which lie side by side; `ld` in bytes. Padding stays zero. */
function dropout(
  y: usize, x: usize, mask: usize, words: usize, rows: i32, cols: i32, ld: usize, threshold: u32, scale: f32, kept: f32, dropped: f32,
): void {
  const least = i32x4.splat(threshold), factor = f32x4.splat(scale), above = f32x4.splat(kept), below = f32x4.splat(dropped);
  const width = <usize>cols << 2;
  for (; rows > 0; rows--) {
    for (let c: usize = 0; c < width; c += 16) {
      const stays = i32x4.ge_u(v128.load(words + c), least);
      const m = v128.and(factor, stays);
      v128.store(mask + c, m);
      v128.store(y + c, flush(f32x4.add(f32x4.mul(v128.load(x + c), m), v128.bitselect(above, below, stays))));
    }
    maskTail(mask, cols);
    maskTail(y, cols);
    y += ld; x += ld; mask += ld; words += width;
  }
}

export function dropoutBackwardPart(r: usize, rows: i32, thread: i32, size: i32): void {
  const from = shareStart(rows, thread, size), ld = stride(r, DropoutBackward.ld), at = <usize>from * ld;
  dropoutBackward(
    address(r, DropoutBackward.dx) + at, address(r, DropoutBackward.dy) + at, address(r, DropoutBackward.mask) + at,
    shareStart(rows, thread + 1, size) - from, word(r, DropoutBackward.cols), ld,
  );
}

/** dx[rows, cols] = dy ⊙ mask; `ld` in bytes, `dx` may be `dy`. */
function dropoutBackward(dx: usize, dy: usize, mask: usize, rows: i32, cols: i32, ld: usize): void {
  const width = <usize>cols << 2;
  for (; rows > 0; rows--) {
    for (let c: usize = 0; c < width; c += 16) v128.store(dx + c, flush(f32x4.mul(v128.load(dy + c), v128.load(mask + c))));
    dx += ld; dy += ld; mask += ld;
  }
}

export function gaussianNoisePart(r: usize, state: usize, rows: i32, thread: i32, size: i32): void {
  const from = shareStart(rows, thread, size), to = shareStart(rows, thread + 1, size);
  const ld = stride(r, GaussianNoise.ld), at = <usize>from * ld, deviation = constant(r, GaussianNoise.deviation);
  let y = address(r, GaussianNoise.y) + at, x = address(r, GaussianNoise.x) + at;
  const numbers = scratch(r, GaussianNoise.numbers, state, thread);
  const seedLow = word(r, GaussianNoise.seedLow), seedHigh = word(r, GaussianNoise.seedHigh), stream = word(r, GaussianNoise.stream);
  const cols = word(r, GaussianNoise.cols), together = max(1, DRAWN / cols), pass = <u32><u64>get(state, State.pass);
  for (let row = from; row < to; row += together) {
    const count = min(together, to - row);
    for (let col = 0; col < cols; col += DRAWN) {
      const width = min(DRAWN, cols - col), index = <u32>row * cols + col;
      fillNormal(numbers, wholeDraw(index, count * width), 0, deviation, seedLow, seedHigh, stream, pass, index & ~3);
      const byte = <usize>col << 2;
      addRows(y + byte, x + byte, numbers + <usize>((index & 3) << 2), count, width, ld);
    }
    y += <usize>count * ld; x += <usize>count * ld;
  }
}

/** y[rows, cols] = x + numbers[rows, cols], which lie side by side; `ld` in bytes. Padding stays zero. */
function addRows(y: usize, x: usize, numbers: usize, rows: i32, cols: i32, ld: usize): void {
  const width = <usize>cols << 2;
  for (; rows > 0; rows--) {
    for (let c: usize = 0; c < width; c += 16) v128.store(y + c, flush(f32x4.add(v128.load(x + c), v128.load(numbers + c))));
    maskTail(y, cols);
    y += ld; x += ld; numbers += width;
  }
}
