import type { Array as JaxArray } from "@jax-js/jax";
import type { JsPeer } from "../peer";
import { KERNEL, type Stage, stagesOf } from "../../networks";
import { denseChannelsLast, type Material, meanLoss, permuted, split, targetRows, transposed } from "../task";

type Jax = typeof import("@jax-js/jax");
type Parameters = { w: JaxArray; b: JaxArray }[];
type State = { p: Parameters; m: Parameters; v: Parameters };

const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

/** All functions own their arguments, and free them: `.ref` keeps one for another use. */
function functions({ numpy: np, nn, jit, grad }: Jax, m: Material) {
  const stages = stagesOf(m);
  /** As a product of the windows of all points, for `lax.convGeneralDilated` takes ten times as long. */
  const convolve = (a: JaxArray, { w, b }: Parameters[0], { inputs, outputs, height, width }: Stage): JaxArray => {
    const padded = np.pad(a.reshape([m.batchSize, height, width, inputs]), [[0, 0], [1, 1], [1, 1], [0, 0]]);
    const windows = Array.from({ length: KERNEL ** 2 }, (_, n) => {
      const [down, right] = [Math.floor(n / KERNEL), n % KERNEL];
      return padded.ref.slice([], [down, down + height], [right, right + width], []);
    });
    padded.dispose();
    const z = np.matmul(np.concatenate(windows, 3).reshape([-1, KERNEL ** 2 * inputs]), w).add(b);
    return np.max(nn.relu(z).reshape([m.batchSize, height >> 1, 2, width >> 1, 2, outputs]), [2, 4]);
  };
  const forward = (p: Parameters, x: JaxArray): JaxArray => p.reduce((a, { w, b }, n) => {
    if (n < stages.length) return convolve(a, { w, b }, stages[n]);
    const z = np.matmul(n === stages.length && n > 0 ? a.reshape([m.batchSize, -1]) : a, w).add(b);
    return n === p.length - 1 ? z : m.isXor ? nn.sigmoid(z) : nn.relu(z);
  }, x);
  const loss = (p: Parameters, x: JaxArray, t: JaxArray): JaxArray => {
    const z = forward(p, x);
    const each = m.isXor ? np.square(nn.sigmoid(z).sub(t)).mul(0.5) : nn.logSoftmax(z).mul(t).mul(-1);
    return each.sum().mul(1 / m.batchSize);
  };
  const gradient = grad(loss);
  const each = (a: Parameters, b: Parameters, f: (a: JaxArray, b: JaxArray) => JaxArray): Parameters => (
    a.map(({ w, b: bias }, n) => ({ w: f(w, b[n].w), b: f(bias, b[n].b) }))
  );
  const refs = (p: Parameters): Parameters => p.map(({ w, b }) => ({ w: w.ref, b: b.ref }));
  const sgd = jit((p: Parameters, x: JaxArray, t: JaxArray): Parameters => (
    each(p, gradient(refs(p), x, t) as Parameters, (w, dw) => w.sub(dw.mul(m.rate)))
  ));
  /** `rate` and `epsilon` are corrected for the step's number. */
  const adam = jit((s: State, x: JaxArray, t: JaxArray, rate: JaxArray, epsilon: JaxArray): State => {
    const g = gradient(refs(s.p), x, t) as Parameters;
    const mean = each(s.m, refs(g), (mw, dw) => mw.mul(BETA1).add(dw.mul(1 - BETA1)));
    const square = each(s.v, g, (vw, dw) => vw.mul(BETA2).add(np.square(dw).mul(1 - BETA2)));
    const direction = each(refs(mean), refs(square), (mw, vw) => mw.mul(rate.ref).div(np.sqrt(vw).add(epsilon.ref)));
    rate.dispose();
    epsilon.dispose();
    return { p: each(s.p, direction, (w, d) => w.sub(d)), m: mean, v: square };
  });
  const predict = jit((p: Parameters, x: JaxArray): JaxArray => {
    const z = forward(p, x);
    return m.isXor ? nn.sigmoid(z) : nn.softmax(z);
  });
  return { sgd, adam, predict, refs };
}

export const jax: JsPeer = {
  id: "jax",
  kind: "WebAssembly",
  note: "one thread: in Node it has no more; convolutions are products of windows that are put side by side first",
  engine: (version) => `jax-js ${version("@jax-js/jax")} wasm`,
  can: () => true,
  convolves: true,
  start: async (m) => {
    const library = await import("@jax-js/jax");
    await library.init("wasm");
    library.defaultDevice("wasm");
    const { numpy: np } = library;
    const { sgd, adam, predict, refs } = functions(library, m);
    const vector = (values: Float32Array) => np.array(values as Float32Array<ArrayBuffer>);
    const matrix = (values: Float32Array, width: number) => vector(values).reshape([values.length / width, width]);
    const convolutions = stagesOf(m).length;
    const start: Parameters = m.weights.map(({ w, b }, n) => {
      const [outs, ins] = m.shapes[n];
      if (n < convolutions) return { w: matrix(permuted(w, m.shapes[n], [2, 3, 1, 0]), outs), b: vector(b) };
      return { w: matrix(transposed(n > 0 && n === convolutions ? denseChannelsLast(m) : w, outs, ins), outs), b: vector(b) };
    });
    const zeros = () => m.weights.map(({ w, b }, n) => ({ w: np.zeros([m.sizes[n], w.length / m.sizes[n]]), b: np.zeros([b.length]) }));
    const x = split(m.x, m.inputs, m.batchSize).map((batch) => matrix(batch, m.inputs));
    const t = split(targetRows(m), m.outputs, m.batchSize).map((batch) => matrix(batch, m.outputs));
    let p = start;
    if (m.kind === "prediction") {
      return {
        samples: m.batchSize,
        run: (turns) => {
          for (let n = 0; n < turns; n++) predict(refs(p), x[0].ref).dataSync();
        },
        loss: () => NaN,
      };
    }
    let moments = m.optimizer === "adam" ? { m: zeros(), v: zeros() } : undefined;
    let steps = 0;
    return {
      samples: m.batchSize,
      run: async (turns) => {
        for (let n = 0; n < turns; n++) {
          const batch = steps++ % x.length;
          if (moments) {
            const root = Math.sqrt(1 - BETA2 ** steps);
            const rate = np.array((m.rate * root) / (1 - BETA1 ** steps));
            ({ p, ...moments } = adam({ p, ...moments }, x[batch].ref, t[batch].ref, rate, np.array(EPSILON * root)));
          } else p = sgd(p, x[batch].ref, t[batch].ref);
        }
        await library.blockUntilReady(refs(p));
      },
      loss: () => meanLoss(m, (batch) => predict(refs(p), x[batch].ref).dataSync()),
    };
  },
  get: "npm ci --prefix bench/peers",
};
