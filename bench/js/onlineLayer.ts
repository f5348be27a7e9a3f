import type { JsLayer } from "./options";

/** A dense layer that sees one row at a time and learns by SGD. */
export interface OnlineLayer {
  /** z = W·x + b. */
  forward(): void;
  /** With dz in place of z: dx = Wᵀ·dz, W −= rate · dz·xᵀ, b −= rate · dz, in one pass. */
  backward(): void;
  weights(): JsLayer;
}

/**
 * To be called through `ownCode`: all arrays are constants of the code then.
 *
 * Row r of W is in array r mod 4, so that four rows share an index and its bounds check, and a load of x. Weights are held as
 * float64: conversions cost more than the cache that float32 saves.
 *
 * @param x the inputs of the layer
 * @param z its pre-activations, and later the error in them; length a multiple of 4
 * @param dx the error of x, where the layer below wants it: no longer and no shorter than x
 */
export function createOnlineLayer(
  { w, b }: JsLayer, x: Float64Array, z: Float64Array, dx: Float64Array | undefined, rate: number,
): OnlineLayer {
  const inputs = x.length;
  const outputs = b.length;
  const groups = Math.ceil(outputs / 4);
  const w0 = new Float64Array(groups * inputs);
  const w1 = new Float64Array(groups * inputs);
  const w2 = new Float64Array(groups * inputs);
  const w3 = new Float64Array(groups * inputs);
  const bias = new Float64Array(groups * 4);
  const quarters = [w0, w1, w2, w3];
  for (let r = 0; r < outputs; r++) {
    quarters[r & 3].set(w.subarray(r * inputs, (r + 1) * inputs), (r >> 2) * inputs);
    bias[r] = b[r];
  }

  function forward(): void {
    const xs = x, zs = z, bs = bias, v0 = w0, v1 = w1, v2 = w2, v3 = w3;
    const end = inputs | 0;
    for (let g = 0, base = 0; g < groups; g++, base += end) {
      const from = base | 0;
      const o = g * 4;
      let s0 = bs[o], s1 = bs[o + 1], s2 = bs[o + 2], s3 = bs[o + 3];
      for (let k = 0; k < end; k++) {
        const p = (from + k) | 0; // spares the overflow check
        const a = xs[k];
        s0 += a * v0[p];
        s1 += a * v1[p];
        s2 += a * v2[p];
        s3 += a * v3[p];
      }
      zs[o] = s0; zs[o + 1] = s1; zs[o + 2] = s2; zs[o + 3] = s3;
    }
  }

  function updateOnly(): void {
    const xs = x, zs = z, bs = bias, v0 = w0, v1 = w1, v2 = w2, v3 = w3;
    const end = inputs | 0;
    for (let g = 0, base = 0; g < groups; g++, base += end) {
      const from = base | 0;
      const o = g * 4;
      const g0 = rate * zs[o], g1 = rate * zs[o + 1], g2 = rate * zs[o + 2], g3 = rate * zs[o + 3];
      bs[o] -= g0; bs[o + 1] -= g1; bs[o + 2] -= g2; bs[o + 3] -= g3;
      for (let k = 0; k < end; k++) {
        const p = (from + k) | 0;
        const a = xs[k];
        v0[p] -= g0 * a;
        v1[p] -= g1 * a;
        v2[p] -= g2 * a;
        v3[p] -= g3 * a;
      }
    }
  }

  function errorAndUpdate(): void {
    const xs = x, zs = z, bs = bias, es = dx!, v0 = w0, v1 = w1, v2 = w2, v3 = w3;
    const end = inputs | 0;
    for (let k = 0; k < end; k++) es[k] = 0;
    for (let g = 0, base = 0; g < groups; g++, base += end) {
      const from = base | 0;
      const o = g * 4;
      const d0 = zs[o], d1 = zs[o + 1], d2 = zs[o + 2], d3 = zs[o + 3];
      const g0 = rate * d0, g1 = rate * d1, g2 = rate * d2, g3 = rate * d3;
      bs[o] -= g0; bs[o + 1] -= g1; bs[o + 2] -= g2; bs[o + 3] -= g3;
      for (let k = 0; k < end; k++) {
        const p = (from + k) | 0;
        const a = xs[k];
        const u0 = v0[p], u1 = v1[p], u2 = v2[p], u3 = v3[p];
        es[k] += d0 * u0 + d1 * u1 + (d2 * u2 + d3 * u3);
        v0[p] = u0 - g0 * a;
        v1[p] = u1 - g1 * a;
        v2[p] = u2 - g2 * a;
        v3[p] = u3 - g3 * a;
      }
    }
  }

  return {
    forward,
    backward: dx ? errorAndUpdate : updateOnly,
    weights: () => ({
      w: Float32Array.from({ length: outputs * inputs }, (_, n) => {
        const r = Math.floor(n / inputs);
        return quarters[r & 3][(r >> 2) * inputs + (n % inputs)];
      }),
      b: Float32Array.from(bias.subarray(0, outputs)),
    }),
  };
}
