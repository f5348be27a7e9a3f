import { word } from "../fields";
import { turn4x4 } from "../gemm/pack";
import { Window } from "../records";

/**
 * One panel of the turned weights of a group: to[tapsY · tapsX · channels][8] = w of eight columns from `col` on. A window of
 * the gradient by the inputs has the outputs as its channels and the inputs as its columns; `w` lies in panels of outputs, `stride`
 * bytes apart.
 */
export function turnPanel(to: usize, w: usize, stride: usize, window: usize, col: i32): void {
  const channels = word(window, Window.channels), cols = word(window, Window.cols), count = min(8, cols - col);
  const tapsY = word(window, Window.tapsY), tapsX = word(window, Window.tapsX);
  const inFours = (channels & 3) == 0 && (count & 3) == 0;
  for (let ty = 0; ty < tapsY; ty++) {
    for (let tx = 0; tx < tapsX; tx++) {
      const tap = word(window, Window.kernelFirst) + ty * word(window, Window.kernelY) + tx * word(window, Window.kernelX);
      const from = w + (<usize>(tap * cols + col) << 5);
      if (inFours) {
        for (let o = 0; o < channels; o += 4) {
          const source = from + <usize>(o >> 3) * stride + (<usize>(o & 4) << 2);
          turn4x4(to, 32, source, 32);
          if (count > 4) turn4x4(to + 16, 32, source + 128, 32);
          to += 128;
        }
      } else {
        for (let o = 0; o < channels; o++) {
          const source = from + <usize>(o >> 3) * stride + (<usize>(o & 7) << 2);
          for (let c: usize = 0; c < <usize>count; c++) store<f32>(to + (c << 2), load<f32>(source + (c << 5)));
          to += 32;
        }
      }
    }
  }
}
