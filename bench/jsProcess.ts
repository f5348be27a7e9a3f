// The pure-JavaScript side of the bench, in a process of its own: growing a WebAssembly memory detaches an ArrayBuffer, after which
// V8 checks every typed array for that, and this trainer runs at half its speed.

import type { JsTrainer } from "./js/options";
import { createJsTrainer } from "./js/trainer";
import type { JsRequest } from "./jsTraining";
import { isXor, learningRate, trainingCases, trainingData, type TrainingData } from "./networks";

interface Prepared {
  trainer: JsTrainer;
  data: TrainingData;
  order: Int32Array;
  steps: number;
}

const prepared = new Map<string, Prepared>();

function prepare(name: string): Prepared {
  const { sizes, batchSize, optimizer } = trainingCases.find((c) => c.name === name)!;
  const data = trainingData(sizes, batchSize);
  const trainer = createJsTrainer({
    sizes: [...sizes], hidden: isXor(sizes) ? "sigmoid" : "relu", loss: isXor(sizes) ? "squaredError" : "crossEntropy",
    optimizer, learningRate: learningRate[optimizer], batchSize, seed: 1,
  });
  return { trainer, data, order: Int32Array.from({ length: data.rows }, (_, n) => (n * 17) % data.rows), steps: data.rows / batchSize };
}

process.on("message", ({ name, times }: JsRequest) => {
  if (!prepared.has(name)) prepared.set(name, prepare(name));
  const { trainer, data: { x, y }, order, steps } = prepared.get(name)!;
  const started = performance.now();
  for (let n = 0; n < times; n++) trainer.trainSteps(x, y, order, 0, steps);
  process.send!((performance.now() - started) / 1000);
});
