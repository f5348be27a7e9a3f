import type { InferenceSession, Tensor, TensorConstructor } from "onnxruntime-common";
import { adamScalars, epochInput, epochModel, epochOutput, predictionModel, startState } from "../onnx/graphs";
import type { JsPeer, Session, Variant } from "../peer";
import { type Material, meanLoss, split, targetRows } from "../task";

/** What the runtimes have in common. */
interface Runtime {
  InferenceSession: { create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> };
  Tensor: TensorConstructor;
}

async function start({ InferenceSession, Tensor }: Runtime, options: InferenceSession.SessionOptions, m: Material): Promise<Session> {
  const tensor = (values: Float32Array, shape: readonly number[]) => new Tensor("float32", values, shape);
  const create = (model: Uint8Array) => InferenceSession.create(model, { graphOptimizationLevel: "all", ...options });
  const predictor = await create(predictionModel(m, m.kind === "prediction"));
  const x = split(m.x, m.inputs, m.batchSize).map((batch) => tensor(batch, [m.batchSize, m.inputs]));
  if (m.kind === "prediction") {
    return {
      samples: m.batchSize,
      run: async (turns) => {
        for (let n = 0; n < turns; n++) await predictor.run({ x: x[0] });
      },
      loss: () => NaN,
    };
  }
  const trainer = await create(epochModel(m));
  const state = startState(m);
  const feeds: Record<string, Tensor> = Object.fromEntries(state.map(({ name, shape, start }) => [epochInput(name), tensor(start, shape)]));
  feeds[epochInput("x")] = tensor(m.x.slice(), [x.length, m.batchSize, m.inputs]);
  feeds[epochInput("t")] = tensor(targetRows(m), [x.length, m.batchSize, m.outputs]);
  let steps = 0;
  return {
    samples: m.rows,
    run: async (turns) => {
      for (let n = 0; n < turns; n++) {
        if (m.optimizer === "adam") {
          const scalars = x.map(() => adamScalars(m.rate, ++steps));
          feeds[epochInput("rate")] = tensor(Float32Array.from(scalars, ([rate]) => rate), [x.length]);
          feeds[epochInput("epsilon")] = tensor(Float32Array.from(scalars, ([, epsilon]) => epsilon), [x.length]);
        }
        const results = await trainer.run(feeds);
        for (const { name } of state) feeds[epochInput(name)] = results[epochOutput(name)];
      }
    },
    loss: () => {
      const parameters = Object.fromEntries(startState({ ...m, optimizer: "sgd" }).map(({ name }) => [name, feeds[epochInput(name)]]));
      return meanLoss(m, async (batch) => (await predictor.run({ ...parameters, x: x[batch] })).p.data as Float32Array);
    },
  };
}

const onnx = (where: "web" | "node", load: (variant: Variant) => Promise<[Runtime, InferenceSession.SessionOptions]>): JsPeer => ({
  id: `onnx-${where}`,
  kind: where === "web" ? "WebAssembly" : "native",
  variants: [{ threads: 1, build: "none" }, { threads: 2, build: "none" }],
  note: "it can't train by itself: an epoch is a graph of ONNX operations built by hand, a Scan whose body is forward, backward and update",
  engine: (version) => `onnxruntime-${where} ${version(`onnxruntime-${where}`)}`,
  can: () => true,
  convolves: true,
  start: async (m, variant) => start(...(await load(variant)), m),
  get: "npm ci --prefix bench/peers",
});

export const onnxWeb = onnx("web", async ({ threads }) => {
  const runtime = await import("onnxruntime-web");
  runtime.env.wasm.numThreads = threads;
  return [runtime, { executionProviders: ["wasm"] }];
});

export const onnxNode = onnx("node", async ({ threads }) => {
  const { default: runtime } = await import("onnxruntime-node");
  // Denormal moments would slow Adam down.
  return [runtime, { intraOpNumThreads: threads, interOpNumThreads: 1, extra: { session: { set_denormal_as_zero: "1" } } }];
});
