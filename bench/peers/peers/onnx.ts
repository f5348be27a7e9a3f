import type { InferenceSession, Tensor, TensorConstructor } from "onnxruntime-common";
import { adamScalars, nextName, predictionModel, startState, stepModel } from "../onnx/graphs";
import type { JsPeer, Session, Variant } from "../peer";
import { type Material, meanLoss, split, targetRows } from "../task";

/** What the runtimes have in common. */
interface Runtime {
  InferenceSession: { create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession> };
  Tensor: TensorConstructor;
}

type Tensors = Record<string, Tensor>;

async function start({ InferenceSession, Tensor }: Runtime, options: InferenceSession.SessionOptions, m: Material): Promise<Session> {
  const tensor = (values: Float32Array, shape: readonly number[]) => new Tensor("float32", values, shape);
  const x = split(m.x, m.inputs, m.batchSize).map((batch) => tensor(batch, [m.batchSize, m.inputs]));
  const create = (model: Uint8Array) => InferenceSession.create(model, { graphOptimizationLevel: "all", ...options });
  const predictor = await create(predictionModel(m, m.kind === "prediction"));
  if (m.kind === "prediction") {
    return {
      samples: m.batchSize,
      run: async (turns) => {
        for (let n = 0; n < turns; n++) await predictor.run({ x: x[0] });
      },
      loss: () => NaN,
    };
  }
  const trainer = await create(stepModel(m));
  const t = split(targetRows(m), m.outputs, m.batchSize).map((batch) => tensor(batch, [m.batchSize, m.outputs]));
  const state = startState(m);
  const names = state.map(({ name }) => [name, nextName(name)]);
  const feeds: Tensors = Object.fromEntries(state.map(({ name, shape, start }) => [name, tensor(start, shape)]));
  let steps = 0;
  return {
    samples: m.batchSize,
    run: async (turns) => {
      for (let n = 0; n < turns; n++) {
        const batch = steps++ % x.length;
        feeds.x = x[batch];
        feeds.t = t[batch];
        if (m.optimizer === "adam") {
          const [rate, epsilon] = adamScalars(m.rate, steps);
          feeds.rate = tensor(Float32Array.of(rate), []);
          feeds.epsilon = tensor(Float32Array.of(epsilon), []);
        }
        const results = await trainer.run(feeds);
        for (const [name, next] of names) feeds[name] = results[next];
      }
    },
    loss: async () => {
      const parameters = Object.fromEntries(names.filter(([name]) => !name.includes("_")).map(([name]) => [name, feeds[name]]));
      const outputs: ArrayLike<number>[] = [];
      for (const batch of x) outputs.push((await predictor.run({ ...parameters, x: batch })).p.data as Float32Array);
      return meanLoss(m, outputs);
    },
  };
}

const onnx = (where: "web" | "node", load: (variant: Variant) => Promise<[Runtime, InferenceSession.SessionOptions]>): JsPeer => ({
  id: `onnx-${where}`,
  kind: where === "web" ? "WebAssembly" : "native",
  variants: [{ threads: 1, build: "none" }, { threads: 2, build: "none" }],
  note: "it can't train by itself: forward, backward and update are a graph of ONNX operations built by hand, called once a step",
  engine: (version) => `onnxruntime-${where} ${version(`onnxruntime-${where}`)}`,
  can: () => true,
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
