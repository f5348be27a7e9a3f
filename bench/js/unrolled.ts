import { startWeights, type JsLayer, type JsTrainer, type JsTrainerOptions } from "./options";

/** More parameters than this are no longer kept in registers and on the stack. */
const MAX_PARAMETERS = 64;

/** Whether code is generated for the shape: a few units, one row at a time. */
export function isUnrollable({ sizes, loss, optimizer, batchSize }: JsTrainerOptions): boolean {
  const parameters = sizes.slice(1).reduce((sum, outputs, n) => sum + outputs * (sizes[n] + 1), 0);
  return loss === "squaredError" && optimizer === "sgd" && batchSize === 1 && parameters <= MAX_PARAMETERS;
}

type TrainSteps = (
  parameters: Float64Array, x: Float32Array, y: Int32Array | Float32Array, order: Int32Array | Uint32Array,
  firstStep: number, steps: number,
) => number;

/** SGD on one row at a time, with all loops over units unrolled and all parameters in local variables. */
export function createUnrolledTrainer(options: JsTrainerOptions): JsTrainer {
  const start = startWeights(options);
  const parameters = Float64Array.from(start.flatMap(({ w, b }) => [...w, ...b]));
  const run = new Function("table", source(options))(createTable()) as TrainSteps;
  return {
    trainSteps: (x, y, order, firstStep, steps) => run(parameters, x, y, order, firstStep, steps),
    weights: () => {
      let p = 0;
      const take = (length: number) => Float32Array.from(parameters.subarray(p, (p += length)));
      return start.map(({ w, b }): JsLayer => ({ w: take(w.length), b: take(b.length) }));
    },
  };
}

/** Table entries for each doubling of eᵗ, and the largest |t|: beyond, a sigmoid is 0 or 1 to 17 digits. */
const PER_DOUBLING = 16;
const LIMIT = 40;
const CENTRE = Math.ceil((LIMIT / Math.LN2) * PER_DOUBLING);

/** 2^(j / PER_DOUBLING) at CENTRE + j. */
function createTable(): Float64Array {
  return Float64Array.from({ length: 2 * CENTRE + 1 }, (_, n) => 2 ** ((n - CENTRE) / PER_DOUBLING));
}

/**
 * Code for the sigmoid of z. The steps of a small network wait for one another, so that the time from z to its sigmoid counts.
 *
 * Method: e⁻ᶻ = 2^(j / 16) · eʳ with |r| ≤ ln 2 / 32, the first factor from a table, the second from its Taylor series up to r⁴/24:
 * relative error 5e-11. Adding and subtracting 1.5 · 2⁵² rounds to an integer. Tang, "Table-driven implementation of the
 * exponential function", 1989.
 */
function sigmoid(result: string, z: string): string {
  const big = 1.5 * 2 ** 52;
  return `
    const t${z} = ${z} > ${LIMIT} ? -${LIMIT} : ${z} < -${LIMIT} ? ${LIMIT} : -${z};
    const n${z} = t${z} * ${PER_DOUBLING / Math.LN2} + ${big} - ${big};
    const r${z} = t${z} - n${z} * ${Math.LN2 / PER_DOUBLING};
    const q${z} = r${z} * r${z};
    const ${result} = 1 / (1 + table[(n${z} | 0) + ${CENTRE}] * ((1 + r${z}) + q${z} * ((0.5 + r${z} * ${1 / 6}) + q${z} * ${1 / 24})));`;
}

/** A sum as a balanced tree: the shortest way from its terms to it. */
function sum(terms: readonly string[]): string {
  if (terms.length === 1) return terms[0];
  const middle = terms.length >> 1;
  return `(${sum(terms.slice(0, middle))} + ${sum(terms.slice(middle))})`;
}

const range = (length: number) => Array.from({ length }, (_, n) => n);

/** The body of a `TrainSteps`: a0_k are inputs, an_k activations of layer n, dn_k the errors in their pre-activations. */
function source({ sizes, hidden, learningRate }: JsTrainerOptions): string {
  const last = sizes.length - 1;
  const weight = (n: number, r: number, k: number) => `w${n}_${r}_${k}`;
  const names: string[] = [];
  const forward: string[] = range(sizes[0]).map((k) => `const a0_${k} = x[row * ${sizes[0]} + ${k}];`);
  const backward: string[] = [];
  const update: string[] = [];
  for (let n = 1; n <= last; n++) {
    const inputs = range(sizes[n - 1]);
    const outputs = range(sizes[n]);
    for (const r of outputs) names.push(...inputs.map((k) => weight(n, r, k)));
    names.push(...outputs.map((r) => `b${n}_${r}`));
    for (const r of outputs) {
      forward.push(`const z${n}_${r} = ${sum([`b${n}_${r}`, ...inputs.map((k) => `${weight(n, r, k)} * a${n - 1}_${k}`)])};`);
    }
    for (const r of outputs) {
      const isRelu = hidden === "relu" && n < last;
      forward.push(isRelu ? `const a${n}_${r} = z${n}_${r} > 0 ? z${n}_${r} : 0;` : sigmoid(`a${n}_${r}`, `z${n}_${r}`));
      const a = `a${n}_${r}`;
      const error = n === last ? `e${r}` : sum(range(sizes[n + 1]).map((q) => `${weight(n + 1, q, r)} * d${n + 1}_${q}`));
      backward.unshift(`const d${n}_${r} = ${isRelu ? `${a} > 0 ? ${error} : 0` : `${error} * (${a} * (1 - ${a}))`};`);
      update.push(`const g${n}_${r} = ${learningRate} * d${n}_${r};`, `b${n}_${r} -= g${n}_${r};`);
      for (const k of inputs) update.push(`${weight(n, r, k)} -= g${n}_${r} * a${n - 1}_${k};`);
    }
  }
  const outputs = range(sizes[last]);
  const errors = outputs.map((r) => `const e${r} = a${last}_${r} - y[row * ${outputs.length} + ${r}];`);
  return `
    "use strict";
    return (parameters, x, y, order, firstStep, steps) => {
    ${names.map((name, p) => `let ${name} = parameters[${p}];`).join("\n")}
    let loss = 0;
    for (let step = firstStep, end = firstStep + steps; step < end; step++) {
      const row = order[step];
      ${[...forward, ...errors, ...backward, ...update].join("\n")}
      loss = 0.5 * (${outputs.map((r) => `e${r} * e${r}`).join(" + ")});
    }
    ${names.map((name, p) => `parameters[${p}] = ${name};`).join("\n")}
    return loss;
    };`;
}
