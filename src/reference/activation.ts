import { Activation, SELU_ALPHA, SELU_SCALE } from "../../assembly/records";
import { addLanes, type Machine } from "./machine";

/** f(z) of one activation; `p` is its slope or alpha. */
function activate(m: Machine, kind: Activation, z: number, p: number): number {
  const { round: r, math } = m;
  switch (kind) {
    case Activation.sigmoid: return math.sigmoid(z);
    case Activation.tanh: return math.tanh(z);
    case Activation.relu: return Math.max(z, 0);
    case Activation.leakyRelu: return z > 0 ? z : r(z * p);
    case Activation.elu: return z > 0 ? z : r(p * math.expm1(z));
    case Activation.selu: return z > 0 ? r(r(SELU_SCALE) * z) : r(r(SELU_SCALE * SELU_ALPHA) * math.expm1(z));
    case Activation.softplus: return r(Math.max(z, 0) + math.log1p(math.exp(-Math.abs(z))));
    case Activation.swish: return r(z * math.sigmoid(z));
    case Activation.gelu: return r(r(0.5 * z) * r(1 + math.erf(r(z * r(Math.SQRT1_2)))));
    case Activation.geluTanh: return r(r(0.5 * z) * r(1 + geluTanhInner(m, z)));
    case Activation.hardSigmoid: return Math.min(Math.max(r(r(z + 3) * r(1 / 6)), 0), 1);
    default: throw new RangeError(`activation code ${kind}`);
  }
}

function geluTanhInner({ round: r, math }: Machine, z: number): number {
  const cube = r(r(z * z) * z);
  return math.tanh(r(r(Math.sqrt(2 / Math.PI)) * r(z + r(r(0.044715) * cube))));
}

/** da · f′, with f′ from the stored output `s`, or from the stored pre-activation for softplus, swish and gelu. */
export function derivative(m: Machine, kind: Activation, da: number, s: number, p: number): number {
  const { round: r, math } = m;
  switch (kind) {
    case Activation.sigmoid: return r(da * r(s * r(1 - s)));
    case Activation.tanh: return r(da * r(1 - r(s * s)));
    case Activation.relu: return s > 0 ? da : 0;
    case Activation.leakyRelu: return s > 0 ? da : r(da * p);
    case Activation.elu: return s > 0 ? da : r(da * r(s + p));
    case Activation.selu: return r(da * (s > 0 ? r(SELU_SCALE) : r(s + r(SELU_SCALE * SELU_ALPHA))));
    case Activation.softplus: return r(da * math.sigmoid(s));
    case Activation.swish: {
      const f = math.sigmoid(s);
      return r(da * r(f * r(1 + r(s * r(1 - f)))));
    }
    case Activation.gelu: {
      const cdf = r(0.5 * r(1 + math.erf(r(s * r(Math.SQRT1_2)))));
      const pdf = r(r(1 / Math.sqrt(2 * Math.PI)) * math.exp(r(-0.5 * r(s * s))));
      return r(da * r(cdf + r(s * pdf)));
    }
    case Activation.geluTanh: {
      const near = Math.max(Math.min(s, 16), -16);
      const t = geluTanhInner(m, near);
      const inner = r(r(Math.sqrt(2 / Math.PI)) * r(1 + r(r(3 * 0.044715) * r(near * near))));
      const rise = r(r(0.5 * near) * r(r(1 - r(t * t)) * inner));
      return r(da * r(r(0.5 * r(1 + t)) + rise));
    }
    case Activation.hardSigmoid: return s > 0 && s < 1 ? r(da * r(1 / 6)) : 0;
    default: throw new RangeError(`activation code ${kind}`);
  }
}

/** a[rows, cols] = f(z[rows, cols]). */
export function activationForward(
  m: Machine, kind: Activation, a: number, z: number, rows: number, cols: number, ld: number, parameter: number,
): void {
  const p = m.round(parameter);
  for (let row = 0; row < rows; row++, a += ld, z += ld) {
    if (kind === Activation.softmax) softmaxRow(m, a, z, cols);
    else for (let c = 0; c < cols; c++) m.f[a + c] = m.math.flush(activate(m, kind, m.f[z + c], p));
  }
}

/** dz[rows, cols] = da[rows, cols] ⊙ f′. */
export function activationBackward(
  m: Machine, kind: Activation, dz: number, da: number, saved: number, rows: number, cols: number, ld: number, parameter: number,
): void {
  const p = m.round(parameter);
  for (let row = 0; row < rows; row++, dz += ld, da += ld, saved += ld) {
    if (kind === Activation.softmax) softmaxBackwardRow(m, dz, da, saved, cols);
    else for (let c = 0; c < cols; c++) m.f[dz + c] = m.math.flush(derivative(m, kind, m.f[da + c], m.f[saved + c], p));
  }
}

/** max over z[cols], but for NaN. */
export function rowMax({ f }: Machine, z: number, cols: number): number {
  let largest = -Infinity;
  for (let c = 0; c < cols; c++) if (f[z + c] > largest) largest = f[z + c];
  return largest;
}

/** e[cols] = exp(z − shift), where `e` ≥ 0; returns Σ e. */
export function rowExp(m: Machine, e: number, z: number, cols: number, shift: number): number {
  const lanes = [0, 0, 0, 0];
  for (let c = 0; c < cols; c++) {
    const v = m.math.exp(m.round(m.f[z + c] - shift));
    if (e >= 0) m.f[e + c] = v;
    lanes[c & 3] = m.round(lanes[c & 3] + v);
  }
  return addLanes(m.round, lanes);
}

/** a = exp(z − max z) / Σ exp(z − max z). */
function softmaxRow(m: Machine, a: number, z: number, cols: number): void {
  const sum = rowExp(m, a, z, cols, rowMax(m, z, cols));
  for (let c = 0; c < cols; c++) m.f[a + c] = m.math.flush(m.round(m.f[a + c] / sum));
}

/** dz = a ⊙ (da − Σ da ⊙ a). */
function softmaxBackwardRow(m: Machine, dz: number, da: number, a: number, cols: number): void {
  const { f, round: r } = m;
  const lanes = [0, 0, 0, 0];
  for (let c = 0; c < cols; c++) lanes[c & 3] = r(lanes[c & 3] + r(f[da + c] * f[a + c]));
  const shift = addLanes(r, lanes);
  for (let c = 0; c < cols; c++) f[dz + c] = m.math.flush(r(f[a + c] * r(f[da + c] - shift)));
}
