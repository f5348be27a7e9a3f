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
  const run = new Function("parameters", "x", "y", "order", "firstStep", "steps", source(options)) as TrainSteps;
  return {
    trainSteps: (x, y, order, firstStep, steps) => run(parameters, x, y, order, firstStep, steps),
    weights: () => {
      let p = 0;
      const take = (length: number) => Float32Array.from(parameters.subarray(p, (p += length)));
      return start.map(({ w, b }): JsLayer => ({ w: take(w.length), b: take(b.length) }));
    },
  };
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
      forward.push(`const z${n}_${r} = ${inputs.map((k) => `${weight(n, r, k)} * a${n - 1}_${k}`).join(" + ")} + b${n}_${r};`);
    }
    for (const r of outputs) {
      const isRelu = hidden === "relu" && n < last;
      forward.push(`const a${n}_${r} = ${isRelu ? `z${n}_${r} > 0 ? z${n}_${r} : 0` : `1 / (1 + Math.exp(-z${n}_${r}))`};`);
      const a = `a${n}_${r}`;
      const error = n === last ? `e${r}` : `(${range(sizes[n + 1]).map((q) => `${weight(n + 1, q, r)} * d${n + 1}_${q}`).join(" + ")})`;
      backward.unshift(`const d${n}_${r} = ${isRelu ? `${a} > 0 ? ${error} : 0` : `${error} * ${a} * (1 - ${a})`};`);
      update.push(`const g${n}_${r} = ${learningRate} * d${n}_${r};`, `b${n}_${r} -= g${n}_${r};`);
      for (const k of inputs) update.push(`${weight(n, r, k)} -= g${n}_${r} * a${n - 1}_${k};`);
    }
  }
  const outputs = range(sizes[last]);
  const errors = outputs.map((r) => `const e${r} = a${last}_${r} - y[row * ${outputs.length} + ${r}];`);
  return `
    "use strict";
    ${names.map((name, p) => `let ${name} = parameters[${p}];`).join("\n")}
    let loss = 0;
    for (let step = firstStep, end = firstStep + steps; step < end; step++) {
      const row = order[step];
      ${[...forward, ...errors, ...backward, ...update].join("\n")}
      loss = 0.5 * (${outputs.map((r) => `e${r} * e${r}`).join(" + ")});
    }
    ${names.map((name, p) => `parameters[${p}] = ${name};`).join("\n")}
    return loss;`;
}
