import { ownCode } from "./ownCode";

export interface Adam {
  /** To be added to; `update` sets it to zero. */
  readonly gradient: Float32Array;
  update(): void;
}

/** Adam on one array of parameters. Kingma & Ba 2015, algorithm 1: ε is added after the bias correction. */
export function createAdam(w: Float32Array, learningRate: number): Adam {
  return ownCode(create)(w, learningRate, 0.9, 0.999, 1e-8);
}

function create(w: Float32Array, learningRate: number, beta1: number, beta2: number, epsilon: number): Adam {
  const gradient = new Float32Array(w.length);
  const first = new Float32Array(w.length);
  const second = new Float32Array(w.length);
  let power1 = 1;
  let power2 = 1;

  function update(): void {
    const ws = w, gs = gradient, ms = first, vs = second;
    power1 *= beta1;
    power2 *= beta2;
    const rate = learningRate / (1 - power1);
    const correction = 1 / Math.sqrt(1 - power2);
    const rest1 = 1 - beta1;
    const rest2 = 1 - beta2;
    for (let k = 0; k < ws.length; k++) {
      const g = gs[k];
      let m = beta1 * ms[k] + rest1 * g;
      // A unit that is active no longer leaves moments that shrink for ever; denormal numbers would make the loop slower.
      if (m < 1e-30 && m > -1e-30) m = 0;
      let v = beta2 * vs[k] + rest2 * g * g;
      if (v < 1e-36) v = 0;
      gs[k] = 0;
      ms[k] = m;
      vs[k] = v;
      ws[k] -= (rate * m) / (Math.sqrt(v) * correction + epsilon);
    }
  }

  return { gradient, update };
}
