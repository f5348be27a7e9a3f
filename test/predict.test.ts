import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  activation, avgPool2d, batchNorm, conv2d, dense, depthwiseConv2d, flatten, type LayerSpec, maxPool2d, Network, type NetworkSpec, Trainer,
} from "../src/index";
import { activationNames } from "../src/network/activations";
import * as predict from "../src/predict/index";
import { SeededNumbers } from "./support/numbers";
import { randomSpec } from "./support/randomSpecs";

const { loadPredictor } = predict;
const core = readFileSync(new URL("../build/core.predict.wasm", import.meta.url));

/** A file of a network whose parameters are anywhere: at the start statistics are 0 and 1, and slopes all alike. */
async function fileOf(spec: NetworkSpec, numbers: SeededNumbers): Promise<Uint8Array<ArrayBuffer>> {
  using network = await Network.create(spec);
  network.setParameters(Object.fromEntries(Object.entries(network.parameters()).map(([name, { data }]) => (
    [name, { data: data.map((value) => value + numbers.uniform(0, 0.4)) }]
  ))));
  return network.save();
}

/** Rows as the network takes them: whole numbers where they choose rows of a table, else numbers with zeros among them. */
function rowsFor({ graph, inputs }: Network, rows: number, numbers: SeededNumbers): Float32Array {
  const isSparse = numbers.below(2) === 0;
  return Float32Array.from({ length: rows * inputs }, () => (
    graph.indexLimit !== undefined ? numbers.below(graph.indexLimit) : isSparse && numbers.below(3) > 0 ? 0 : numbers.uniform(-2, 2)
  ));
}

/** Predictions of one row, of a few, of as many as a plan takes and more: the same bits from both cores. */
async function expectSame(spec: NetworkSpec, seed: number, counts = [1, 5, 64, 131]): Promise<void> {
  const numbers = new SeededNumbers(seed);
  const bytes = await fileOf(spec, numbers);
  using network = await Network.load(bytes);
  using predictor = await loadPredictor(bytes);
  for (const rows of counts) {
    const x = rowsFor(network, rows, numbers);
    expect(predictor.predict(x), `${JSON.stringify(spec)}, ${rows} rows`).toEqual(network.predict(x));
  }
}

describe("a predictor gives the bits of its network", () => {
  test("for networks of all kinds of layers", async () => {
    const seen = new Set<string>();
    const see = (layers: readonly LayerSpec[]): void => layers.forEach((layer) => {
      seen.add(layer.type);
      if (layer.type === "residual") see(layer.layers);
    });
    for (let seed = 1; seed <= 100; seed++) {
      const spec = randomSpec(new SeededNumbers(seed), { depth: 6 });
      see(spec.layers);
      await expectSame(spec, seed);
    }
    expect([...seen].sort()).toEqual([
      "activation", "add", "alphaDropout", "avgPool2d", "batchNorm", "concat", "conv2d", "dense", "depthwiseConv2d", "dropout", "embedding", "flatten",
      "gaussianNoise", "globalAvgPool2d", "layerNorm", "maxPool2d", "maxout", "prelu", "reshape", "residual",
    ]);
  });

  test.each(activationNames)("for %s", (name) => expectSame({ input: 7, layers: [dense(13, name), dense(9), activation(name)] }, 1));

  // Large enough for the kernels that pack their operands.
  const large: [name: string, spec: NetworkSpec][] = [
    ["wide layers", { input: 784, layers: [dense(300, "relu"), dense(130, "tanh"), dense(10, "softmax")] }],
    ["a convolutional network", { input: [3, 32, 32], layers: [
      conv2d(16, 3, "relu", { padding: 1 }), maxPool2d(2), batchNorm(), conv2d(24, 5, "gelu"), depthwiseConv2d(3, "relu", { padding: 1, multiplier: 2 }),
      avgPool2d(3), flatten(), dense(10, "softmax"),
    ] }],
  ];
  test.each(large)("for %s", (_name, spec) => expectSame(spec, 3, [1, 3, 130]));

  test("from a trainer's file", async () => {
    using network = await Network.create({ input: 3, layers: [dense(8, "relu"), batchNorm(), dense(2, "softmax")], seed: 2 });
    const trainer = new Trainer(network, { loss: "crossEntropy" });
    for (let n = 0; n < 5; n++) trainer.step([[1, 2, 3], [-1, 0, 2]], [0, 1]);
    using predictor = await loadPredictor(trainer.save());
    expect(predictor.predict([1, -1, 2])).toEqual(network.predict([1, -1, 2]));
  });
});

const spec = { input: [2, 3], layers: [flatten(), dense(4, "tanh"), dense(2, "softmax")], seed: 5 } satisfies NetworkSpec;
const x = [1, 2, 3, -1, 0.5, 0];

describe("a predictor", () => {
  test("knows its shapes, its spec and the texts of its file", async () => {
    using network = await Network.create(spec);
    network.metadata.author = "Ada";
    using predictor = await loadPredictor(network.save().buffer);
    const { inputShape, outputShape, inputs, outputs, metadata } = predictor;
    expect({ inputShape, outputShape, inputs, outputs, metadata }).toEqual({
      inputShape: [2, 3], outputShape: [2], inputs: 6, outputs: 2, metadata: { author: "Ada" },
    });
    expect(predictor.spec).toEqual(network.spec);
  });

  test("writes into an array that the caller brings", async () => {
    using predictor = await loadPredictor(await fileOf(spec, new SeededNumbers(1)));
    const out = new Float64Array(2);
    expect(predictor.predict(x, out)).toBe(out);
    expect(Float32Array.from(out)).toEqual(predictor.predict(x));
  });

  test("gives its memory back", async () => {
    const bytes = await fileOf(spec, new SeededNumbers(1));
    using bystander = await loadPredictor(bytes);
    const { heap } = bystander.engine;
    const before = heap.used;
    const predictor = await loadPredictor(bytes);
    predictor.predict(x);
    expect(heap.used).toBeGreaterThan(before);
    predictor.dispose();
    predictor.dispose();
    expect(heap.used).toBe(before);
    expect(() => predictor.predict(x)).toThrow(expect.objectContaining({ code: "disposed" }));
  });

  test("refuses what its network refuses, in the same words", async () => {
    const bytes = await fileOf(spec, new SeededNumbers(1));
    using network = await Network.load(bytes);
    using predictor = await loadPredictor(bytes);
    for (const wrong of [[], [1], [x, [1]], [NaN, ...x.slice(1)], "x", null]) {
      const outcomes = [network, predictor].map((one) => {
        try {
          return one.predict(wrong as number[]);
        } catch (error) {
          const { name, code, message } = error as predict.DeltawasmError;
          return { name, code, message };
        }
      });
      expect(outcomes[0]).toMatchObject({ name: "DeltawasmError" });
      expect(outcomes[1]).toEqual(outcomes[0]);
    }
    for (const damaged of [bytes.slice(0, -1), new Uint8Array(3), "file"] as Uint8Array[]) {
      const expected = await Network.load(damaged).catch((error: unknown) => error);
      expect(expected).toBeInstanceOf(predict.DeltawasmError);
      await expect(loadPredictor(damaged)).rejects.toEqual(expected);
    }
  });
});

describe("the core for predictions", () => {
  let library: typeof predict;
  beforeEach(async () => {
    vi.resetModules();
    library = await import("../src/predict/index");
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  const refusals: [name: string, stub: () => void, reason: RegExp][] = [
    ["it is refused", () => vi.spyOn(WebAssembly, "compile").mockRejectedValue(new EvalError("Content Security Policy")), /Content Security Policy/],
    ["there is no WebAssembly", () => vi.stubGlobal("WebAssembly", undefined), /this runtime has no WebAssembly/],
  ];
  test.each(refusals)("where %s, gives way to the reference engine, with the same bits and one warning", async (_name, stub, reason) => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const bytes = await fileOf(spec, new SeededNumbers(1));
    const expected = (await loadPredictor(bytes)).predict(x);
    stub();
    for (let n = 0; n < 2; n++) {
      using predictor = await library.loadPredictor(bytes);
      expect(predictor.predict(x)).toEqual(expected);
    }
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/^deltawasm: the reference engine runs, many times slower, because WebAssembly refused the core: /)]]);
    expect(warn.mock.calls[0][0]).toMatch(reason);
  });

  test("is the one that the entry of the runtime provides, where nothing may be compiled", async () => {
    const bytes = await fileOf(spec, new SeededNumbers(1));
    using expected = await loadPredictor(bytes);
    vi.stubGlobal("WebAssembly", Object.create(WebAssembly, { compile: { value: () => Promise.reject(new Error("refused")) } }));
    const global = globalThis as { [key: symbol]: unknown };
    global[Symbol.for("deltawasm.predict")] = new WebAssembly.Module(core);
    try {
      using predictor = await library.loadPredictor(bytes);
      expect(predictor.predict(x)).toEqual(expected.predict(x));
    } finally {
      delete global[Symbol.for("deltawasm.predict")];
    }
  });

  test("that got no memory is an error of code `memory`, and the others go on", async () => {
    const bytes = await fileOf({ input: 1000, layers: [dense(1000)] }, new SeededNumbers(1));
    using bystander = await library.loadPredictor(await fileOf(spec, new SeededNumbers(1)));
    const { used } = bystander.engine.heap;
    const grow = vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(() => { throw new RangeError("no"); });
    await expect(library.loadPredictor(bytes)).rejects.toMatchObject({ code: "memory" });
    grow.mockRestore();
    expect(bystander.engine.heap.used).toBe(used);
    expect(bystander.predict(x)).toHaveLength(2);
  });
});
