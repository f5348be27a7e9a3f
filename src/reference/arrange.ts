import { Add, Copy, Op, PANEL, ToChannelsFirst, ToChannelsLast } from "../../assembly/records";
import type { Operation } from "./operation";

/** Columns with those that fill up the last panel. */
const padded = (cols: number) => Math.ceil(cols / PANEL) * PANEL;

/** Moving and adding tensors. */
export const arrange: { [Code in Op]?: Operation } = {
  [Op.Add]({ f, round, math }, { rows, word, at }) {
    for (let row = 0; row < rows; row++) {
      const y = at(Add.y) + row * word(Add.ldy), x = at(Add.x) + row * word(Add.ldx);
      for (let c = 0; c < word(Add.cols); c++) f[y + c] = math.flush(round(f[y + c] + f[x + c]));
    }
  },

  [Op.Copy]({ f }, { rows, word, at }) {
    for (let row = 0; row < rows; row++) {
      for (let n = 0; n < word(Copy.inner); n++) {
        const y = at(Copy.y) + row * word(Copy.rowY) + n * word(Copy.ldy);
        const x = at(Copy.x) + row * word(Copy.rowX) + n * word(Copy.ldx);
        f.copyWithin(y, x, x + word(Copy.cols));
      }
    }
  },

  [Op.ToChannelsLast]({ f }, { rows, word, at }) {
    const channels = word(ToChannelsLast.channels), points = word(ToChannelsLast.points);
    for (let row = 0; row < rows; row++) {
      const y = at(ToChannelsLast.y) + row * points * word(ToChannelsLast.ldy), x = at(ToChannelsLast.x) + row * word(ToChannelsLast.ldx);
      for (let p = 0; p < points; p++) {
        const pixel = y + p * word(ToChannelsLast.ldy);
        for (let c = 0; c < channels; c++) f[pixel + c] = f[x + c * points + p];
        f.fill(0, pixel + channels, pixel + padded(channels));
      }
    }
  },

  [Op.ToChannelsFirst]({ f }, { rows, word, at }) {
    const channels = word(ToChannelsFirst.channels), points = word(ToChannelsFirst.points);
    for (let row = 0; row < rows; row++) {
      const y = at(ToChannelsFirst.y) + row * word(ToChannelsFirst.ldy), x = at(ToChannelsFirst.x) + row * points * word(ToChannelsFirst.ldx);
      for (let c = 0; c < channels; c++) {
        for (let p = 0; p < points; p++) f[y + c * points + p] = f[x + p * word(ToChannelsFirst.ldx) + c];
      }
      f.fill(0, y + channels * points, y + padded(channels * points));
    }
  },
};
