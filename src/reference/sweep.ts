import {
  AvgPool, AvgPoolGradient, DepthwiseForward, DepthwiseWeightGradient, MaxPool, MaxPoolGradient, Op, PANEL, RepeatColumns,
  SumRepeats, Sweep, SweepShape,
} from "../../assembly/records";
import type { Machine } from "./machine";
import type { Fields, Operation } from "./operation";

// Windows that sweep over images, from their shape alone: the tables of the core's kernels play no part here.

const padded = (cols: number) => Math.ceil(cols / PANEL) * PANEL;

/** A window's shape, and which pixel a tap lies on. */
function windowOf({ i }: Machine, shape: number) {
  const word = (field: SweepShape) => i[shape + field];
  const [height, width, outHeight, outWidth] = [word(SweepShape.height), word(SweepShape.width), word(SweepShape.outHeight), word(SweepShape.outWidth)];
  const [kernelY, kernelX] = [word(SweepShape.kernelY), word(SweepShape.kernelX)];
  return {
    points: height * width, outPoints: outHeight * outWidth, taps: kernelY * kernelX,
    /** The pixel under a tap of the window of an output, −1 beside the image. */
    pixel(output: number, tap: number): number {
      const y = Math.floor(output / outWidth) * word(SweepShape.strideY) - word(SweepShape.paddingY) + Math.floor(tap / kernelX) * word(SweepShape.dilationY);
      const x = (output % outWidth) * word(SweepShape.strideX) - word(SweepShape.paddingX) + (tap % kernelX) * word(SweepShape.dilationX);
      return y >= 0 && y < height && x >= 0 && x < width ? y * width + x : -1;
    },
    /** The output whose tap lies on a pixel, −1 where there is none. */
    output(pixel: number, tap: number): number {
      const y = Math.floor(pixel / width) + word(SweepShape.paddingY) - Math.floor(tap / kernelX) * word(SweepShape.dilationY);
      const x = (pixel % width) + word(SweepShape.paddingX) - (tap % kernelX) * word(SweepShape.dilationX);
      const [oy, ox] = [y / word(SweepShape.strideY), x / word(SweepShape.strideX)];
      return Number.isInteger(oy) && Number.isInteger(ox) && oy >= 0 && oy < outHeight && ox >= 0 && ox < outWidth ? oy * outWidth + ox : -1;
    },
  };
}

/**
 * Makes each pixel of the images `to` from those of `from` under its taps, in ascending order: `make` gets their numbers, the places of their first
 * channels, and their pixels' numbers.
 */
function sweep(
  m: Machine, { rows, word, at }: Fields, isBackward: boolean,
  make: (place: number, taps: { tap: number; place: number; pixel: number }[], pixel: number) => void,
): void {
  const window = windowOf(m, at(Sweep.shape));
  const [toPoints, fromPoints] = isBackward ? [window.points, window.outPoints] : [window.outPoints, window.points];
  for (let row = 0; row < rows; row++) {
    for (let pixel = 0; pixel < toPoints; pixel++) {
      const taps = [];
      for (let tap = 0; tap < window.taps; tap++) {
        const source = isBackward ? window.output(pixel, tap) : window.pixel(pixel, tap);
        if (source >= 0) taps.push({ tap, place: at(Sweep.from) + (row * fromPoints + source) * word(Sweep.ldFrom), pixel: source });
      }
      make(at(Sweep.to) + (row * toPoints + pixel) * word(Sweep.ldTo), taps, pixel);
    }
  }
}

/** The place of a weight in panels [channels / 8][taps padded to 4][8]. */
const weightPlace = (c: number, tap: number, taps: number) => (Math.floor(c / PANEL) * Math.ceil(taps / 4) * 4 + tap) * PANEL + (c % PANEL);

const depthwise = (isBackward: boolean): Operation => (m, fields) => {
  const { f, round, math } = m, cols = fields.word(Sweep.cols);
  const w = fields.at(DepthwiseForward.w), bias = isBackward ? -1 : fields.at(DepthwiseForward.bias);
  const count = windowOf(m, fields.at(Sweep.shape)).taps;
  sweep(m, fields, isBackward, (z, taps) => {
    for (let c = 0; c < cols; c++) {
      let sum = 0;
      for (const { tap, place } of taps) sum = round(sum + round(f[place + c] * f[w + weightPlace(c, tap, count)]));
      f[z + c] = math.flush(bias < 0 ? sum : round(sum + f[bias + c]));
    }
  });
};

/** Pooling, and convolutions of single channels. */
export const sweeps: { [Code in Op]?: Operation } = {
  // The channels of padding have a maximum and an index as well.
  [Op.MaxPool](m, fields) {
    const { f, i } = m, y = fields.at(MaxPool.y), index = fields.at(MaxPool.index);
    sweep(m, fields, false, (place, taps) => {
      for (let c = 0; c < padded(fields.word(MaxPool.cols)); c++) {
        let largest = -Infinity, first = taps.length === 0 ? 0 : taps[0].tap;
        for (const { tap, place: x } of taps) {
          if (f[x + c] > largest) [largest, first] = [f[x + c], tap];
        }
        f[place + c] = largest;
        if (index >= 0) i[index + (place - y) + c] = first;
      }
    });
  },

  [Op.MaxPoolGradient](m, fields) {
    const { f, i, round, math } = m, dy = fields.at(MaxPoolGradient.dy), index = fields.at(MaxPoolGradient.index);
    sweep(m, fields, true, (dx, taps) => {
      for (let c = 0; c < fields.word(MaxPoolGradient.cols); c++) {
        let sum = 0;
        for (const { tap, place } of taps) {
          if (i[index + (place - dy) + c] === tap) sum = round(sum + f[place + c]);
        }
        f[dx + c] = math.flush(sum);
      }
    });
  },

  [Op.AvgPool](m, fields) {
    const { f, i, round, math } = m;
    sweep(m, fields, false, (y, taps, pixel) => {
      for (let c = 0; c < fields.word(AvgPool.cols); c++) {
        let sum = 0;
        for (const { place } of taps) sum = round(sum + f[place + c]);
        f[y + c] = math.flush(round(sum / i[fields.at(AvgPool.divisors) + pixel]));
      }
    });
  },

  [Op.AvgPoolGradient](m, fields) {
    const { f, i, round, math } = m;
    sweep(m, fields, true, (dx, taps) => {
      for (let c = 0; c < fields.word(AvgPoolGradient.cols); c++) {
        let sum = 0;
        for (const { place, pixel } of taps) sum = round(sum + round(f[place + c] / i[fields.at(AvgPoolGradient.divisors) + pixel]));
        f[dx + c] = math.flush(sum);
      }
    });
  },

  [Op.DepthwiseForward]: depthwise(false),
  [Op.DepthwiseInputGradient]: depthwise(true),

  [Op.DepthwiseWeightGradient](m, { rows, word, at }) {
    const { f, round, math } = m, cols = word(DepthwiseWeightGradient.cols), window = windowOf(m, at(DepthwiseWeightGradient.shape));
    const [dw, dbias] = [at(DepthwiseWeightGradient.dw), at(DepthwiseWeightGradient.dbias)];
    const x = (row: number, pixel: number) => at(DepthwiseWeightGradient.x) + (row * window.points + pixel) * word(DepthwiseWeightGradient.ldx);
    const dz = (row: number, pixel: number) => at(DepthwiseWeightGradient.dz) + (row * window.outPoints + pixel) * word(DepthwiseWeightGradient.lddz);
    for (let c = 0; c < cols; c++) {
      const sum = (term: (row: number, output: number) => number) => {
        let all = 0;
        for (let row = 0; row < rows; row++) {
          for (let output = 0; output < window.outPoints; output++) all = round(all + term(row, output));
        }
        return math.flush(all);
      };
      if (dbias >= 0) f[dbias + c] = sum((row, output) => f[dz(row, output) + c]);
      for (let tap = 0; dw >= 0 && tap < window.taps; tap++) {
        f[dw + weightPlace(c, tap, window.taps)] = sum((row, output) => {
          const pixel = window.pixel(output, tap);
          return pixel < 0 ? 0 : round(f[x(row, pixel) + c] * f[dz(row, output) + c]);
        });
      }
    }
  },

  [Op.RepeatColumns]({ f }, { rows, word, at }) {
    const cols = word(RepeatColumns.cols), times = word(RepeatColumns.times);
    for (let row = 0; row < rows; row++) {
      const y = at(RepeatColumns.y) + row * word(RepeatColumns.ldy), x = at(RepeatColumns.x) + row * word(RepeatColumns.ldx);
      for (let c = 0; c < cols; c++) f.fill(f[x + c], y + c * times, y + (c + 1) * times);
      f.fill(0, y + cols * times, y + padded(cols * times));
    }
  },

  [Op.SumRepeats]({ f, round, math }, { rows, word, at }) {
    const cols = word(SumRepeats.cols), times = word(SumRepeats.times);
    for (let row = 0; row < rows; row++) {
      const dx = at(SumRepeats.dx) + row * word(SumRepeats.lddx), dy = at(SumRepeats.dy) + row * word(SumRepeats.lddy);
      for (let c = 0; c < cols; c++) {
        let sum = 0;
        for (let n = 0; n < times; n++) sum = round(sum + f[dy + c * times + n]);
        f[dx + c] = math.flush(sum);
      }
    }
  },
};
