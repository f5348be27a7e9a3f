import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import type * as TensorFlow from "@tensorflow/tfjs-core";
import type { JsPeer, Session } from "../peer";
import { createConvnet } from "../tensorflow/convnet";
import type * as Library from "../tensorflow/library";
import { type Material, meanLoss, split, targetRows, transposed } from "../task";

type Tf = typeof TensorFlow;
type Matrix = TensorFlow.Tensor2D;

/** The bundle that is made of tensorflow/library.ts. */
async function load(backend: "cpu" | "wasm"): Promise<Tf> {
  const bundle = new URL("./tensorflow.cjs", import.meta.url);
  const { default: { tf, setWasmPaths } } = (await import(bundle.href)) as { default: typeof Library };
  if (backend === "wasm") setWasmPaths(dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm")) + sep);
  await tf.setBackend(backend);
  return tf;
}

/** A network, and what both ways of training need to know of it. */
interface Model {
  variables: TensorFlow.Variable[];
  /** What stands before softmax or sigmoid. */
  forward(x: Matrix): Matrix;
  /** Gradients by the variables, by hand. */
  gradients(x: Matrix, t: Matrix): TensorFlow.Tensor[];
}

interface Layer {
  w: TensorFlow.Variable<TensorFlow.Rank.R2>;
  b: TensorFlow.Variable<TensorFlow.Rank.R1>;
}

function createLayers(tf: Tf, { sizes, weights }: Material): Layer[] {
  return weights.map(({ w, b }, n) => ({
    w: tf.variable(tf.tensor2d(transposed(w, sizes[n + 1], sizes[n]), [sizes[n], sizes[n + 1]])),
    b: tf.variable(tf.tensor1d(b)),
  }));
}

/** Activations of each layer; of the last one what stands before softmax or sigmoid. */
function forward(tf: Tf, { isXor }: Material, layers: readonly Layer[], x: Matrix): Matrix[] {
  const activations = [x];
  layers.forEach(({ w, b }, n) => {
    const activation = n === layers.length - 1 ? "linear" : isXor ? "sigmoid" : "relu";
    activations.push(tf.fused.matMul({ a: activations[n], b: w as Matrix, bias: b as TensorFlow.Tensor, activation }) as Matrix);
  });
  return activations;
}

/** One step, its intermediate results freed. */
type Step = (x: Matrix, t: Matrix) => void;

const createOptimizer = (tf: Tf, m: Material) => (m.optimizer === "sgd" ? tf.train.sgd(m.rate) : tf.train.adam(m.rate, 0.9, 0.999, 1e-8));

/** By its own automatic differentiation and optimizers. */
function automatic(tf: Tf, m: Material, model: Model): Step {
  const optimizer = createOptimizer(tf, m);
  return (x, t) => {
    optimizer.minimize(() => {
      const z = model.forward(x);
      if (m.isXor) return tf.mul(tf.sum(tf.square(tf.sub(tf.sigmoid(z), t))), 0.5 / m.batchSize) as TensorFlow.Scalar;
      return tf.losses.softmaxCrossEntropy(t, z) as TensorFlow.Scalar;
    }, false, model.variables);
  };
}

/**
 * The same by hand: gradients without the graph, and products of matrices that were transposed first, which the WebAssembly backend
 * multiplies many times faster than those that it is told to take transposed.
 */
function byHand(tf: Tf, m: Material, model: Model): Step {
  const optimizer = createOptimizer(tf, m);
  return (x, t) => {
    tf.tidy(() => {
      const gradients = model.gradients(x, t);
      optimizer.applyGradients(model.variables.map(({ name }, n) => ({ name, tensor: gradients[n] })));
    });
  };
}

function createDense(tf: Tf, m: Material): Model {
  const layers = createLayers(tf, m);
  return {
    variables: layers.flatMap(({ w, b }): TensorFlow.Variable[] => [w, b]),
    forward: (x) => forward(tf, m, layers, x).at(-1)!,
    gradients: (x, t) => {
      const activations = forward(tf, m, layers, x);
      const z = activations.pop()!;
      const output = m.isXor ? tf.sigmoid(z) : tf.softmax(z);
      let dz: Matrix = tf.div(tf.sub(output, t), m.batchSize);
      if (m.isXor) dz = tf.mul(dz, tf.mul(output, tf.sub(1, output)));
      const found: TensorFlow.Tensor[] = [];
      for (let n = layers.length - 1; n >= 0; n--) {
        const a = activations[n];
        found.unshift(tf.matMul(tf.transpose(a), dz), tf.sum(dz, 0));
        if (n === 0) break;
        const da = tf.matMul(dz, tf.transpose(layers[n].w as Matrix));
        dz = tf.mul(da, m.isXor ? tf.mul(a, tf.sub(1, a)) : tf.step(a)) as Matrix;
      }
      return found;
    },
  };
}

async function start(backend: "cpu" | "wasm", createStep: typeof automatic, m: Material): Promise<Session> {
  const tf = await load(backend);
  const model: Model = m.convolutions ? createConvnet(tf, m) : createDense(tf, m);
  const x = split(m.x, m.inputs, m.batchSize).map((batch) => tf.tensor2d(batch, [m.batchSize, m.inputs]));
  const predict = (batch: Matrix) => tf.tidy(() => {
    const z = model.forward(batch);
    return m.isXor ? tf.sigmoid(z) : tf.softmax(z);
  });
  const read = (batch: Matrix) => {
    const output = predict(batch);
    const values = output.dataSync();
    output.dispose();
    return values;
  };
  if (m.kind === "prediction") {
    return {
      samples: m.batchSize,
      run: (turns) => {
        for (let n = 0; n < turns; n++) read(x[0]);
      },
      loss: () => NaN,
    };
  }
  const t = split(targetRows(m), m.outputs, m.batchSize).map((batch) => tf.tensor2d(batch, [m.batchSize, m.outputs]));
  const step = createStep(tf, m, model);
  let next = 0;
  return {
    samples: m.batchSize,
    run: (turns) => {
      for (let n = 0; n < turns; n++) {
        step(x[next], t[next]);
        if (++next === x.length) next = 0;
      }
    },
    loss: () => meanLoss(m, (batch) => read(x[batch])),
  };
}

const tensorflow = (
  id: string, backend: "cpu" | "wasm", suffix: string, createStep: typeof automatic, about: Partial<JsPeer>,
): JsPeer => ({
  id,
  kind: backend === "wasm" ? "WebAssembly" : "JavaScript",
  engine: (version) => `TensorFlow.js ${version("@tensorflow/tfjs-core")} ${backend}${suffix}`,
  can: () => true,
  start: (m) => start(backend, createStep, m),
  get: "npm ci --prefix bench/peers",
  ...about,
});

export const tensorflowCpu = tensorflow("tensorflow-cpu", "cpu", "", automatic, { convolves: true });
export const tensorflowWasm = tensorflow("tensorflow-wasm", "wasm", "", automatic, {
  note: "one thread: in Node it has no more; its WebAssembly backend has no gradient by the filters of a convolution",
});
export const tensorflowByHand = tensorflow("tensorflow-by-hand", "wasm", ", by hand", byHand, {
  note: "backpropagation written by hand with its products and optimizers, avoiding what its WebAssembly backend is slow at",
  can: ({ kind }) => kind === "training",
  convolves: true,
});
