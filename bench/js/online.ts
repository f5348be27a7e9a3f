import { createOnlineLayer } from "./onlineLayer";
import { startWeights, type JsTrainer, type JsTrainerOptions } from "./options";
import { ownCode } from "./ownCode";

/** SGD on one row at a time. */
export function createOnlineTrainer(options: JsTrainerOptions): JsTrainer {
  const { sizes, hidden, loss, learningRate } = options;
  const layers = sizes.length - 1;
  // a[n] are the inputs of layer n, z[n] its pre-activations, then the error in them, d[n] the error in a[n].
  const a = sizes.slice(0, -1).map((size) => new Float64Array(size));
  const z = sizes.slice(1).map((size) => new Float64Array(Math.ceil(size / 4) * 4));
  const d = a.map((inputs, n) => (n > 0 ? new Float64Array(inputs.length) : undefined));
  const dense = startWeights(options).map((weights, n) => ownCode(createOnlineLayer)(weights, a[n], z[n], d[n], learningRate));
  const activate = ownCode(hidden === "relu" ? relu : sigmoid);
  const derive = ownCode(hidden === "relu" ? reluBackward : sigmoidBackward);
  const outputs = sizes[layers];

  function trainSteps(
    x: Float32Array, y: Int32Array | Float32Array, order: Int32Array | Uint32Array, firstStep: number, steps: number,
  ): number {
    let result = 0;
    for (let step = firstStep; step < firstStep + steps; step++) {
      const row = order[step];
      gather(a[0], x, row);
      for (let n = 0; n < layers; n++) {
        dense[n].forward();
        if (n < layers - 1) activate(a[n + 1], z[n]);
      }
      result = loss === "crossEntropy" ? crossEntropy(z[layers - 1], y[row], outputs)
        : squaredError(z[layers - 1], y as Float32Array, row, outputs);
      for (let n = layers - 1; n >= 0; n--) {
        dense[n].backward();
        if (n > 0) derive(z[n - 1], d[n]!, a[n]);
      }
    }
    return result;
  }

  return { trainSteps, weights: () => dense.map((layer) => layer.weights()) };
}

function gather(a: Float64Array, x: Float32Array, row: number): void {
  for (let k = 0, p = row * a.length; k < a.length; k++, p++) a[k] = x[p];
}

/** Without a branch on the sign, which would be mispredicted half the time. */
function relu(a: Float64Array, z: Float64Array): void {
  for (let k = 0; k < a.length; k++) a[k] = 0.5 * (z[k] + Math.abs(z[k]));
}

function reluBackward(dz: Float64Array, d: Float64Array, a: Float64Array): void {
  for (let k = 0; k < a.length; k++) dz[k] = a[k] > 0 ? d[k] : 0;
}

function sigmoid(a: Float64Array, z: Float64Array): void {
  for (let k = 0; k < a.length; k++) a[k] = 1 / (1 + Math.exp(-z[k]));
}

function sigmoidBackward(dz: Float64Array, d: Float64Array, a: Float64Array): void {
  for (let k = 0; k < a.length; k++) dz[k] = d[k] * a[k] * (1 - a[k]);
}

/** −ln softmax(z)[label]; z becomes softmax(z) − y. */
function crossEntropy(z: Float64Array, label: number, outputs: number): number {
  let top = z[0];
  for (let k = 1; k < outputs; k++) if (z[k] > top) top = z[k];
  const own = z[label] - top;
  let sum = 0;
  for (let k = 0; k < outputs; k++) sum += z[k] = Math.exp(z[k] - top);
  for (let k = 0; k < outputs; k++) z[k] /= sum;
  z[label] -= 1;
  return Math.log(sum) - own;
}

/** ½ Σ (a − y)² with a = sigmoid(z); z becomes its derivative by z. */
function squaredError(z: Float64Array, y: Float32Array, row: number, outputs: number): number {
  let sum = 0;
  for (let k = 0; k < outputs; k++) {
    const a = 1 / (1 + Math.exp(-z[k]));
    const e = a - y[row * outputs + k];
    sum += e * e;
    z[k] = e * a * (1 - a);
  }
  return sum / 2;
}
