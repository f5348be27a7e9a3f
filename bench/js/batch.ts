import { createAdam } from "./adam";
import { gemmNN, gemmNT, gemmTN } from "./gemm";
import { startWeights, type JsTrainer, type JsTrainerOptions } from "./options";

/** SGD or Adam on batches, by matrix products. */
export function createBatchTrainer(options: JsTrainerOptions): JsTrainer {
  const { sizes, hidden, loss, optimizer, learningRate, batchSize: rows } = options;
  const layers = startWeights(options);
  const last = layers.length - 1;
  // a[n] are the inputs of layer n; a[last + 1] the pre-activations of the last. d[n] is the error in the pre-activations of layer n.
  const a = sizes.map((size) => new Float32Array(rows * size));
  const d = layers.map(({ b }) => new Float32Array(rows * b.length));
  const bits = (floats: Float32Array) => new Int32Array(floats.buffer);
  const [aBits, dBits] = [a.map(bits), d.map(bits)];
  const adam = optimizer === "adam" ? layers.map(({ w, b }) => ({ w: createAdam(w, learningRate), b: createAdam(b, learningRate) })) : undefined;

  function step(y: Int32Array | Float32Array, order: Int32Array | Uint32Array, first: number): number {
    for (let n = 0; n <= last; n++) {
      const { w, b } = layers[n];
      fillRows(a[n + 1], b);
      gemmNT(a[n + 1], a[n], w, rows, sizes[n + 1], sizes[n], 1);
      if (n === last) continue;
      if (hidden === "relu") relu(aBits[n + 1]);
      else sigmoid(a[n + 1]);
    }
    const total = loss === "crossEntropy" ? crossEntropy(d[last], a[last + 1], y as Int32Array, order, first, rows)
      : squaredError(d[last], a[last + 1], y as Float32Array, order, first, rows);
    for (let n = last; n >= 0; n--) {
      const { w, b } = layers[n];
      const inputs = sizes[n];
      const outputs = sizes[n + 1];
      if (n > 0) {
        d[n - 1].fill(0);
        gemmNN(d[n - 1], d[n], w, rows, inputs, outputs, 1);
        if (hidden === "relu") reluBackward(dBits[n - 1], aBits[n]);
        else sigmoidBackward(d[n - 1], a[n]);
      }
      if (adam) {
        const { w: dw, b: db } = adam[n];
        gemmTN(dw.gradient, d[n], a[n], outputs, inputs, rows, 1 / rows);
        addRows(db.gradient, d[n], 1 / rows);
        dw.update();
        db.update();
      } else {
        gemmTN(w, d[n], a[n], outputs, inputs, rows, -learningRate / rows);
        addRows(b, d[n], -learningRate / rows);
      }
    }
    return total / rows;
  }

  return {
    trainSteps(x, y, order, firstStep, steps) {
      let result = 0;
      for (let n = firstStep; n < firstStep + steps; n++) {
        gather(a[0], x, order, n * rows, rows, sizes[0]);
        result = step(y, order, n * rows);
      }
      return result;
    },
    weights: () => layers.map(({ w, b }) => ({ w: w.slice(), b: b.slice() })),
  };
}

function gather(a: Float32Array, x: Float32Array, order: Int32Array | Uint32Array, first: number, rows: number, inputs: number): void {
  for (let r = 0, p = 0; r < rows; r++) {
    const q = order[first + r] * inputs;
    for (let k = 0; k < inputs; k++, p++) a[p] = x[q + k];
  }
}

/** Each row of z becomes b. */
function fillRows(z: Float32Array, b: Float32Array): void {
  for (let p = 0; p < z.length; ) for (let k = 0; k < b.length; k++, p++) z[p] = b[k];
}

/** b += alpha · the sum of the rows of d. */
function addRows(b: Float32Array, d: Float32Array, alpha: number): void {
  const outputs = b.length;
  for (let k = 0; k < outputs; k++) {
    let sum = 0;
    for (let p = k; p < d.length; p += outputs) sum += d[p];
    b[k] += alpha * sum;
  }
}

/** On the bits, because a branch on the sign of a sum is mispredicted half the time: all zero where the sign is set. */
function relu(a: Int32Array): void {
  for (let k = 0; k < a.length; k++) a[k] &= ~(a[k] >> 31);
}

/** On the bits: a is positive or all zero. */
function reluBackward(d: Int32Array, a: Int32Array): void {
  for (let k = 0; k < d.length; k++) d[k] &= (0 - a[k]) >> 31;
}

function sigmoid(a: Float32Array): void {
  for (let k = 0; k < a.length; k++) a[k] = 1 / (1 + Math.exp(-a[k]));
}

function sigmoidBackward(d: Float32Array, a: Float32Array): void {
  for (let k = 0; k < d.length; k++) d[k] *= a[k] * (1 - a[k]);
}

/** The sum of −ln softmax(z)[label] over the rows; dz = softmax(z) − y. */
function crossEntropy(
  dz: Float32Array, z: Float32Array, y: Int32Array, order: Int32Array | Uint32Array, first: number, rows: number,
): number {
  const outputs = z.length / rows;
  let total = 0;
  for (let r = 0, p = 0; r < rows; r++, p += outputs) {
    const label = p + y[order[first + r]];
    let top = z[p];
    for (let k = p + 1; k < p + outputs; k++) if (z[k] > top) top = z[k];
    let sum = 0;
    for (let k = p; k < p + outputs; k++) {
      const e = Math.exp(z[k] - top);
      dz[k] = e;
      sum += e;
    }
    const scale = 1 / sum;
    for (let k = p; k < p + outputs; k++) dz[k] *= scale;
    dz[label] -= 1;
    total += Math.log(sum) + top - z[label];
  }
  return total;
}

/** The sum of ½ (a − y)² over the rows, with a = sigmoid(z); dz is its derivative by z. */
function squaredError(
  dz: Float32Array, z: Float32Array, y: Float32Array, order: Int32Array | Uint32Array, first: number, rows: number,
): number {
  const outputs = z.length / rows;
  let total = 0;
  for (let r = 0, p = 0; r < rows; r++) {
    for (let k = 0, q = order[first + r] * outputs; k < outputs; k++, p++, q++) {
      const a = 1 / (1 + Math.exp(-z[p]));
      const e = a - y[q];
      total += 0.5 * e * e;
      dz[p] = e * a * (1 - a);
    }
  }
  return total;
}
