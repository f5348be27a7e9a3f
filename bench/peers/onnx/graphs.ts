import { type Material, transposed } from "../task";
import { convnetForward, convnetStep, convnetValues } from "./convnet";
import { GraphBuilder, loadOnnx, type Shape } from "./model";

/** A value that a step reads and replaces: a weight, a bias or a moment of one. */
export interface StateValue {
  name: string;
  shape: Shape;
  start: Float32Array;
}

/** Weights as [in, out] and biases as [1, out], from the start weights; with Adam, two moments of each. */
export function startState(m: Material): StateValue[] {
  const { sizes, weights, optimizer } = m;
  if (m.convolutions) return convnetValues(m);
  const parameters = weights.flatMap(({ w, b }, n): StateValue[] => [
    { name: `w${n}`, shape: [sizes[n], sizes[n + 1]], start: transposed(w, sizes[n + 1], sizes[n]) },
    { name: `b${n}`, shape: [1, sizes[n + 1]], start: b },
  ]);
  if (optimizer === "sgd") return parameters;
  const moments = (kind: string) => (
    parameters.map(({ name, shape, start }) => ({ name: `${kind}_${name}`, shape, start: new Float32Array(start.length) }))
  );
  return [...parameters, ...moments("m"), ...moments("v")];
}

const next = (name: string) => `next_${name}`;
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

/** What a step of Adam has to know of its number t: rate · √(1 − β₂ᵗ) / (1 − β₁ᵗ), and ε · √(1 − β₂ᵗ). */
export function adamScalars(rate: number, t: number): [number, number] {
  const root = Math.sqrt(1 - BETA2 ** t);
  return [(rate * root) / (1 - BETA1 ** t), EPSILON * root];
}

function forward(g: GraphBuilder, m: Material, x: string): string[] {
  const last = m.sizes.length - 2;
  const activations = [x];
  for (let n = 0; n <= last; n++) {
    const z = g.op("Gemm", [activations[n], `w${n}`, `b${n}`]);
    activations.push(m.isXor ? g.op("Sigmoid", [z]) : n < last ? g.op("Relu", [z]) : g.op("Softmax", [z], { axis: 1 }));
  }
  return activations;
}

/** Forward, backward and update, in as few operations as ONNX allows, from x, t and the state to the next state. */
function step(g: GraphBuilder, m: Material): void {
  const { batchSize, rate } = m;
  const last = m.sizes.length - 2;
  const slope = (a: string) => (m.isXor ? g.op("Mul", [a, g.op("Sub", [g.constant(1), a])]) : g.op("Sign", [a]));
  const ones = g.initializer("ones", [1, batchSize], new Float32Array(batchSize).fill(1));
  const activations = forward(g, m, "x");
  let dz = g.op("Sub", [activations[last + 1], "t"]);
  if (m.isXor) dz = g.op("Mul", [dz, slope(activations[last + 1])]);
  for (let n = last; n >= 0; n--) {
    // A product may be scaled, and added to a third matrix: the gradient of a batch, and its SGD step.
    const update = (name: string, a: string, transA: number) => {
      if (m.optimizer === "sgd") g.op("Gemm", [a, dz, name], { transA, alpha: { float: -rate / batchSize } }, [next(name)]);
      else adam(g, name, g.op("Gemm", [a, dz], { transA, alpha: { float: 1 / batchSize } }));
    };
    update(`w${n}`, activations[n], 1);
    update(`b${n}`, ones, 0);
    if (n > 0) dz = g.op("Mul", [g.op("Gemm", [dz, `w${n}`], { transB: 1 }), slope(activations[n])]);
  }
}

function adam(g: GraphBuilder, name: string, gradient: string): void {
  const mix = (kind: string, beta: number, value: string) => (
    g.op("Add", [
      g.op("Mul", [`${kind}_${name}`, g.constant(beta)]), g.op("Mul", [value, g.constant(1 - beta)]),
    ], {}, [next(`${kind}_${name}`)])
  );
  const mean = mix("m", BETA1, gradient);
  const square = mix("v", BETA2, g.op("Mul", [gradient, gradient]));
  const direction = g.op("Div", [mean, g.op("Add", [g.op("Sqrt", [square]), "epsilon"])]);
  g.op("Sub", [name, g.op("Mul", [direction, "rate"])], {}, [next(name)]);
}

/** A graph of one training step. */
function stepGraph(m: Material): GraphBuilder {
  const g = new GraphBuilder(loadOnnx());
  const state = startState(m);
  for (const { name, shape } of state) g.input(name, shape);
  for (const { name, shape } of batchInputs(m)) g.input(name, shape);
  if (m.convolutions) convnetStep(g, m, next);
  else step(g, m);
  for (const { name, shape } of state) g.output(next(name), shape);
  return g;
}

/** What each step of a training has of its own. */
function batchInputs({ batchSize, inputs, outputs, optimizer }: Material): { name: string; shape: Shape }[] {
  const batch = [{ name: "x", shape: [batchSize, inputs] }, { name: "t", shape: [batchSize, outputs] }];
  return optimizer === "sgd" ? batch : [...batch, { name: "rate", shape: [] }, { name: "epsilon", shape: [] }];
}

const all = (name: string) => `all_${name}`;

/** A model of an epoch: a Scan over its batches, whose body is a step. A call a step takes longer, most of all for small networks. */
export function epochModel(m: Material): Uint8Array {
  const g = new GraphBuilder(loadOnnx());
  const state = startState(m);
  const batch = batchInputs(m);
  for (const { name, shape } of state) g.input(all(name), shape);
  for (const { name, shape } of batch) g.input(all(name), [m.rows / m.batchSize, ...shape]);
  g.op("Scan", [...state, ...batch].map(({ name }) => all(name)), {
    body: stepGraph(m).graph("step"), num_scan_inputs: batch.length,
  }, state.map(({ name }) => all(next(name))));
  for (const { name, shape } of state) g.output(all(next(name)), shape);
  return g.model();
}

/** A model that predicts a batch; its parameters are inputs, or part of it. */
export function predictionModel(m: Material, isFixed: boolean): Uint8Array {
  const g = new GraphBuilder(loadOnnx());
  g.input("x", [m.batchSize, m.inputs]);
  for (const { name, shape, start } of startState({ ...m, optimizer: "sgd" })) {
    if (isFixed) g.initializer(name, shape, start);
    else g.input(name, shape);
  }
  g.op("Identity", [m.convolutions ? convnetForward(g, m).output : forward(g, m, "x").at(-1)!], {}, ["p"]);
  g.output("p", [m.batchSize, m.outputs]);
  return g.model();
}

/** What the inputs of an epoch are called, and its outputs. */
export const epochInput = all;
export const epochOutput = (name: string) => all(next(name));
