import { DEPTH_BLOCK, PACK_COLS, PACK_ROWS, ROW_BLOCK } from "../records";
import { packRows } from "./pack";
import { panel4x8 } from "./panel4x8";
import { panelRows } from "./rows";
import { listNonZeros, SPARSE_INPUTS, sparseRow } from "./sparse";
import { packedPanels } from "./tiles4x8";

/**
 * z[rows, outputs] = x[rows, inputs] · w[inputs, outputs] + bias[outputs] (none where `bias` is 0).
 * w lies in panels [outputs / 8][inputs padded to 4][8]. ldz and ldx are in bytes. Where `pack` is not 0 many rows are packed into
 * it, and of one row the inputs listed that are not zero.
 */
export function denseForward(
  z: usize, ldz: usize, x: usize, ldx: usize, w: usize, bias: usize, rows: i32, inputs: i32, outputs: i32, pack: usize,
): void {
  const panels = (outputs + 7) >> 3;
  const stride = <usize>((inputs + 3) & ~3) << 5;
  const biasStep = select<usize>(32, 0, bias != 0);
  const whole = rows & ~3;
  for (let row = 0; row < whole; row += ROW_BLOCK) {
    const count = min(ROW_BLOCK, whole - row);
    const zr = z + <usize>row * ldz, xr = x + <usize>row * ldx;
    for (let k = 0; k < inputs; k += DEPTH_BLOCK) {
      const depth = min(DEPTH_BLOCK, inputs - k);
      const first = k == 0, last = k + depth == inputs;
      const xk = xr + (<usize>k << 2);
      const wk = w + (<usize>k << 5);
      if (pack != 0 && count >= PACK_ROWS && outputs >= PACK_COLS) {
        packRows(pack, xk, ldx, count, depth);
        packedPanels(zr, ldz, pack, wk, stride, bias, biasStep, count >> 2, panels, depth, first, last);
      } else {
        let zp = zr, wp = wk, bp = bias;
        for (let p = 0; p < panels; p++) {
          panel4x8(zp, ldz, xk, ldx, wp, bp, count, depth, first, last);
          zp += 32; wp += stride; bp += biasStep;
        }
      }
    }
  }
  if (rows == 1 && pack != 0 && inputs >= SPARSE_INPUTS) {
    const count = listNonZeros(pack, x, inputs);
    if (count >= 0) return sparseRow(z, x, pack, count, w, stride, bias, panels);
  }
  if (rows > whole) {
    panelRows(z + <usize>whole * ldz, ldz, x + <usize>whole * ldx, ldx, w, stride, bias, rows - whole, panels, inputs, true, true);
  }
}
