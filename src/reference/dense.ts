import { CHUNK, type Optimizer, PANEL } from "../../assembly/records";
import type { Machine } from "./machine";
import { isPenalised, update } from "./optimizer";

// The three products of a dense layer. Each element is one sum over ascending k, rounded after every product and every sum.
// Addresses are indices of `m.f` here; strides count elements.

/** Floats between the panels of a weight matrix with this many inputs. */
function panelStride(inputs: number): number {
  return ((inputs + 3) & ~3) * PANEL;
}

/** z[rows, outputs] = x[rows, inputs] · w[inputs, outputs] + bias[outputs]; `bias` < 0 for none. */
export function denseForward(
  m: Machine, z: number, ldz: number, x: number, ldx: number, w: number, bias: number,
  rows: number, inputs: number, outputs: number,
): void {
  const { f, round } = m;
  const { flush } = m.math;
  const stride = panelStride(inputs);
  for (let row = 0; row < rows; row++) {
    for (let o = 0; o < outputs; o++) {
      const panel = w + (o >> 3) * stride + (o & 7);
      const xRow = x + row * ldx;
      let sum = 0;
      for (let k = 0; k < inputs; k++) sum = round(sum + round(f[xRow + k] * f[panel + k * PANEL]));
      if (bias >= 0) sum = round(sum + f[bias + o]);
      f[z + row * ldz + o] = flush(sum);
    }
  }
}

/** dw[inputs, outputs] = xᵀ · dz in panels; dbias[outputs] = Σ over rows of dz; `dbias` < 0 for none. */
export function denseWeightGradient(
  m: Machine, dw: number, dbias: number, x: number, ldx: number, dz: number, lddz: number,
  rows: number, inputs: number, outputs: number,
): void {
  const stride = panelStride(inputs);
  for (let o = 0; o < outputs; o += PANEL) {
    weightGradientPanel(m, dw + (o >> 3) * stride, x, ldx, dz + o, lddz, rows, inputs, Math.min(PANEL, outputs - o));
  }
  if (dbias >= 0) sumRows(m, dbias, dz, lddz, rows, outputs);
}

/** The optimizer's step on the weights by that gradient, a chunk of a panel at a time; dbias as above. */
export function denseUpdate(
  m: Machine, w: number, dbias: number, x: number, ldx: number, dz: number, lddz: number,
  rows: number, inputs: number, outputs: number, chunk: number, kind: Optimizer, slot1: number, slot2: number, state: number,
): void {
  const stride = panelStride(inputs);
  const penalised = isPenalised(m, state);
  for (let o = 0; o < outputs; o += PANEL) {
    for (let i = 0; i < inputs; i += CHUNK / PANEL) {
      const at = (o >> 3) * stride + i * PANEL;
      const [wide, high] = [Math.min(PANEL, outputs - o), Math.min(CHUNK / PANEL, inputs - i)];
      weightGradientPanel(m, chunk, x + i, ldx, dz + o, lddz, rows, high, wide);
      for (let row = 0; row < high; row++) {
        const to = at + row * PANEL;
        update(m, kind, penalised, w + to, chunk + row * PANEL, slot1 + to, slot2 + to, wide, state);
      }
    }
  }
  if (dbias >= 0) sumRows(m, dbias, dz, lddz, rows, outputs);
}

/** dw[inputs, 8] = xᵀ · dz for the first `outputs` of a panel. */
function weightGradientPanel(
  m: Machine, dw: number, x: number, ldx: number, dz: number, lddz: number, rows: number, inputs: number, outputs: number,
): void {
  const { f, round } = m;
  const { flush } = m.math;
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum = round(sum + round(f[x + row * ldx + i] * f[dz + row * lddz + o]));
      f[dw + i * PANEL + o] = flush(sum);
    }
  }
}

/** sum[cols] = Σ over rows of x[rows, cols]. */
function sumRows(m: Machine, sums: number, x: number, ldx: number, rows: number, cols: number): void {
  const { f, round } = m;
  for (let c = 0; c < cols; c++) {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum = round(sum + f[x + row * ldx + c]);
    f[sums + c] = m.math.flush(sum);
  }
}

/** dx[rows, inputs] = dz[rows, outputs] · wᵀ. */
export function denseInputGradient(
  m: Machine, dx: number, lddx: number, dz: number, lddz: number, w: number, rows: number, inputs: number, outputs: number,
): void {
  const { f, round } = m;
  const { flush } = m.math;
  const stride = panelStride(inputs);
  for (let row = 0; row < rows; row++) {
    const dzRow = dz + row * lddz;
    for (let i = 0; i < inputs; i++) {
      let sum = 0;
      for (let o = 0; o < outputs; o++) {
        sum = round(sum + round(f[dzRow + o] * f[w + (o >> 3) * stride + i * PANEL + (o & 7)]));
      }
      f[dx + row * lddx + i] = flush(sum);
    }
  }
}
