import { address, shareStart, stride, word } from "./fields";
import { flush, FLUSH_BELOW } from "./math";
import { FLUSH_BELOW } from "./math/flush";
import { Add, Copy, ToChannelsFirst, ToChannelsLast } from "./records";

// Moving and adding tensors. Each thread makes whole rows of the result.

export function addPart(r: usize, rows: i32, thread: i32, size: i32): void {
  const ldy = stride(r, Add.ldy), ldx = stride(r, Add.ldx), from = shareStart(rows, thread, size);
  add(
    address(r, Add.y) + <usize>from * ldy, ldy, address(r, Add.x) + <usize>from * ldx, ldx,
    shareStart(rows, thread + 1, size) - from, word(r, Add.cols),
  );
}

/** y[rows, cols] += x[rows, cols]; strides in bytes. */
function add(y: usize, ldy: usize, x: usize, ldx: usize, rows: i32, cols: i32): void {
  const width = <usize>cols << 2, vectors = width & ~15;
  for (; rows > 0; rows--) {
    let c: usize = 0;
    for (; c < vectors; c += 16) v128.store(y + c, flush(f32x4.add(v128.load(y + c), v128.load(x + c))));
    for (; c < width; c += 4) {
      const sum = load<f32>(y + c) + load<f32>(x + c);
      store<f32>(y + c, abs(sum) < FLUSH_BELOW ? 0 : sum);
    }
    y += ldy; x += ldx;
  }
}

export function copyPart(r: usize, rows: i32, thread: i32, size: i32): void {
  const rowY = stride(r, Copy.rowY), rowX = stride(r, Copy.rowX), from = shareStart(rows, thread, size);
  const ldy = stride(r, Copy.ldy), ldx = stride(r, Copy.ldx);
  let y = address(r, Copy.y) + <usize>from * rowY, x = address(r, Copy.x) + <usize>from * rowX;
  let inner = word(r, Copy.inner), cols = word(r, Copy.cols);
  if (ldy == ldx && ldy == <usize>cols << 2) { cols *= inner; inner = 1; }
  for (let count = shareStart(rows, thread + 1, size) - from; count > 0; count--) {
    copyRows(y, ldy, x, ldx, inner, cols);
    y += rowY; x += rowX;
  }
}

/** y[rows, cols] = x[rows, cols]; strides in bytes. */
export function copyRows(y: usize, ldy: usize, x: usize, ldx: usize, rows: i32, cols: i32): void {
  const width = <usize>cols << 2, vectors = width & ~15;
  for (; rows > 0; rows--) {
    let c: usize = 0;
    for (; c < vectors; c += 16) v128.store(y + c, v128.load(x + c));
    for (; c < width; c += 4) store<u32>(y + c, load<u32>(x + c));
    y += ldy; x += ldx;
  }
}

export function toChannelsLastPart(r: usize, rows: i32, thread: i32, size: i32): void {
  const ldy = stride(r, ToChannelsLast.ldy), ldx = stride(r, ToChannelsLast.ldx);
  const channels = word(r, ToChannelsLast.channels), points = word(r, ToChannelsLast.points);
  const from = shareStart(rows, thread, size), rowY = <usize>points * ldy;
  let y = address(r, ToChannelsLast.y) + <usize>from * rowY, x = address(r, ToChannelsLast.x) + <usize>from * ldx;
  for (let count = shareStart(rows, thread + 1, size) - from; count > 0; count--) {
    if (points < 4) {
      turn(y, ldy, 4, x, 4, <usize>points << 2, points, channels);
      for (let p = 0; p < points; p++) clearPadding(y + <usize>p * ldy, channels);
    } else channelsLast(y, ldy, x, channels, points);
    y += rowY; x += ldx;
  }
}

export function toChannelsFirstPart(r: usize, rows: i32, thread: i32, size: i32): void {
  const ldy = stride(r, ToChannelsFirst.ldy), ldx = stride(r, ToChannelsFirst.ldx);
  const channels = word(r, ToChannelsFirst.channels), points = word(r, ToChannelsFirst.points);
  const from = shareStart(rows, thread, size), rowX = <usize>points * ldx;
  let y = address(r, ToChannelsFirst.y) + <usize>from * ldy, x = address(r, ToChannelsFirst.x) + <usize>from * rowX;
  for (let count = shareStart(rows, thread + 1, size) - from; count > 0; count--) {
    if (points < 4) turn(y, 4, <usize>points << 2, x, ldx, 4, points, channels);
    else channelsFirst(y, x, ldx, channels, points);
    clearPadding(y, channels * points);
    y += ldy; x += rowX;
  }
}

/** y[points, channels] = x[points, channels], with bytes from point to point and from channel to channel of both. */
function turn(y: usize, pointY: usize, channelY: usize, x: usize, pointX: usize, channelX: usize, points: i32, channels: i32): void {
  for (; points > 0; points--) {
    let to = y, from = x;
    for (let c = 0; c < channels; c++) {
      store<u32>(to, load<u32>(from));
      to += channelY; from += channelX;
    }
    y += pointY; x += pointX;
  }
}

/** Zeros from the end of x[cols] to that of its last panel: what was there may be another tensor's. */
function clearPadding(x: usize, cols: i32): void {
  for (; cols & 7; cols++) store<f32>(x + (<usize>cols << 2), 0);
}

// Four channels of four points at a time are turned in registers. The last block of points overlaps with the one before it, so that none
// reaches beyond an image.

/** y[points][channels] = x[channels][points], four points at least. Channels that fill up the last panel are zero. */
function channelsLast(y: usize, ldy: usize, x: usize, channels: i32, points: i32): void {
  const width = <usize>points << 2, last = width - 16;
  const padded = (channels + 7) & ~7;
  for (let c = 0; c < padded; c += 4) {
    const here = channels - c;
    for (let p: usize = 0; p < width; p += 16) {
      const at = p < last ? p : last;
      const from = x + at, to = y + (at >> 2) * ldy;
      const a = here > 0 ? v128.load(from) : f32x4.splat(0);
      const b = here > 1 ? v128.load(from + width) : f32x4.splat(0);
      const d = here > 2 ? v128.load(from + 2 * width) : f32x4.splat(0);
      const e = here > 3 ? v128.load(from + 3 * width) : f32x4.splat(0);
      const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5), de = v128.shuffle<i32>(d, e, 0, 4, 1, 5);
      const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7), deHigh = v128.shuffle<i32>(d, e, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<i32>(ab, de, 0, 1, 4, 5));
      v128.store(to + ldy, v128.shuffle<i32>(ab, de, 2, 3, 6, 7));
      v128.store(to + 2 * ldy, v128.shuffle<i32>(abHigh, deHigh, 0, 1, 4, 5));
      v128.store(to + 3 * ldy, v128.shuffle<i32>(abHigh, deHigh, 2, 3, 6, 7));
    }
    y += 16; x += 4 * width;
  }
}

/** y[channels][points] = x[points][channels], four points at least. */
function channelsFirst(y: usize, x: usize, ldx: usize, channels: i32, points: i32): void {
  const width = <usize>points << 2, last = width - 16;
  for (let c = 0; c < channels; c += 4) {
    const here = channels - c;
    for (let p: usize = 0; p < width; p += 16) {
      const at = p < last ? p : last;
      const from = x + (at >> 2) * ldx, to = y + at;
      const a = v128.load(from), b = v128.load(from + ldx), d = v128.load(from + 2 * ldx), e = v128.load(from + 3 * ldx);
      const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5), de = v128.shuffle<i32>(d, e, 0, 4, 1, 5);
      v128.store(to, v128.shuffle<i32>(ab, de, 0, 1, 4, 5));
      if (here > 1) v128.store(to + width, v128.shuffle<i32>(ab, de, 2, 3, 6, 7));
      if (here > 2) {
        const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7), deHigh = v128.shuffle<i32>(d, e, 2, 6, 3, 7);
        v128.store(to + 2 * width, v128.shuffle<i32>(abHigh, deHigh, 0, 1, 4, 5));
        if (here > 3) v128.store(to + 3 * width, v128.shuffle<i32>(abHigh, deHigh, 2, 3, 6, 7));
      }
    }
    x += 16; y += 4 * width;
  }
}
