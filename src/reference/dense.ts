import { PANEL } from "../../assembly/records";
import type { Machine } from "./machine";

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
  const { f, round } = m;
  const { flush } = m.math;
  const stride = panelStride(inputs);
  for (let o = 0; o < outputs; o++) {
    const panel = dw + (o >> 3) * stride + (o & 7);
    for (let i = 0; i < inputs; i++) {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum = round(sum + round(f[x + row * ldx + i] * f[dz + row * lddz + o]));
      f[panel + i * PANEL] = flush(sum);
    }
    if (dbias >= 0) {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum = round(sum + f[dz + row * lddz + o]);
      f[dbias + o] = flush(sum);
    }
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
