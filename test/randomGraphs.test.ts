import { describe, expect, test, vi } from "vitest";
import { SHARED } from "../assembly/records";
import { adam, gradientCheck, init, Network, type NetworkSpec, Trainer } from "../src/index";
import { createReferenceEngine } from "../src/reference/engine";
import { SeededNumbers } from "./support/numbers";
import { randomGraph } from "./support/randomGraph";
import { alwaysTogether, networkOn } from "./support/team";

// Graphs of layers that nobody has thought of.

// Every record that can be divided among threads is, however small.
vi.mock("../src/plan/record", async (original) => ({
  ...await original<typeof import("../src/plan/record")>(),
  shared: (_work: number, words: Int32Array) => {
    words[SHARED] = 1;
    return words;
  },
}));

const titleOf = ({ input, layers }: NetworkSpec) => `${JSON.stringify(input)}: ${layers.map((layer) => `${layer.type}${JSON.stringify(layer.from)}`).join(" ")}`;

function batchOf({ input }: NetworkSpec, rows: number, numbers: SeededNumbers) {
  const row = (length: number) => Array.from({ length }, () => numbers.uniform(-1.5, 1.5));
  return { x: Array.from({ length: rows }, () => row(input as number)), y: Array.from({ length: rows }, () => row(3)) };
}

/** Parameters anywhere: where layers start, columns may be equal, and a normalisation of what is equal bends within any step. */
function scatter(network: Network, numbers: SeededNumbers): void {
  const scattered = Object.entries(network.parameters()).map(([name, { data }]) => [name, { data: data.map((value) => value + numbers.uniform(0, 0.6)) }]);
  network.setParameters(Object.fromEntries(scattered));
}

/** As in gradients.test.ts: a wrong derivative is off by far more. */
const RELATIVE = 1e-6;

test("backpropagation through sixty of them gives the gradients of difference quotients", async () => {
  const seen = new Set<string>();
  for (let round = 0; round < 60; round++) {
    const numbers = new SeededNumbers(1000 + round * 13);
    const spec = randomGraph(numbers, 2 + numbers.below(14));
    for (const { type } of spec.layers) seen.add(type);
    using network = await Network.create(spec);
    scatter(network, numbers);
    const check = await gradientCheck(network, { ...batchOf(spec, 7, numbers), loss: "squaredError", samples: 6 });
    expect(check.maxRelativeError, `${round}, ${titleOf(spec)}, ${JSON.stringify(check.worst)}`).toBeLessThan(RELATIVE);
  }
  expect([...seen].sort()).toEqual(["activation", "add", "batchNorm", "concat", "dense", "dropout", "layerNorm", "residual"]);
});

/** Steps, epochs, an evaluation and predictions; all to the bit. */
async function course(network: Network, rows: number) {
  const { x, y } = batchOf(network.spec, rows, new SeededNumbers(rows));
  using trainer = new Trainer(network, { loss: "meanSquaredError", optimizer: adam({ learningRate: 0.01 }), l2: 0.01 });
  const losses = [trainer.step(x, y), trainer.step(x, y), trainer.step(x, y)];
  const { epochs } = await trainer.fit({ x, y }, { epochs: 2, batchSize: 4, accumulate: 2 });
  return { losses, epochs: epochs.map(({ loss }) => loss), evaluation: await trainer.evaluate({ x, y }), predictions: network.predict(x), file: Buffer.from(network.save()).toString("base64") };
}

const specs = Array.from({ length: 45 }, (_, round) => {
  const numbers = new SeededNumbers(5000 + round * 17);
  return randomGraph(numbers, 3 + numbers.below(14));
});

test("they train to the same bits on the core and on the reference engine", async () => {
  await init();
  for (const [n, spec] of specs.entries()) {
    using core = await Network.create(spec);
    using reference = Network.createOn(createReferenceEngine("float32"), spec);
    const rows = [1, 7, 30][n % 3];
    expect(await course(reference, rows), titleOf(spec)).toEqual(await course(core, rows));
  }
});

test("and on two threads", async () => {
  const expected = [];
  await init({ threads: 1 });
  for (const spec of specs.slice(0, 8)) {
    using network = await Network.create(spec);
    expected.push(await course(network, 11));
  }
  const keeper = await networkOn(2, { input: 1, layers: [{ type: "dense", units: 1 }] });
  const count = alwaysTogether();
  for (const [n, spec] of specs.slice(0, 8).entries()) {
    using network = await Network.create(spec);
    expect(await course(network, 11), titleOf(spec)).toEqual(expected[n]);
  }
  expect(count.jobs).toBeGreaterThan(30);
  keeper.dispose();
  vi.restoreAllMocks();
  await init();
});

describe("their predictions", () => {
  test("are the same for a row by itself, in a small batch and in a large one, and again after others", async () => {
    for (const spec of specs) {
      using network = await Network.create(spec);
      const { x } = batchOf(spec, 150, new SeededNumbers(3));
      const whole = network.predict(x);
      for (const size of [1, 3, 64]) {
        for (let from = 0; from < x.length; from += size * 7) {
          const some = x.slice(from, from + size);
          expect(network.predict(some), titleOf(spec)).toEqual(whole.slice(from * 3, (from + some.length) * 3));
        }
      }
      expect(network.predict(x)).toEqual(whole);
    }
  });

  test("are what an evaluation sees", async () => {
    for (const spec of specs.slice(0, 15)) {
      using network = await Network.create(spec);
      const { x, y } = batchOf(spec, 20, new SeededNumbers(4));
      const outputs = network.predict(x);
      const { loss } = await new Trainer(network, { loss: "meanSquaredError" }).evaluate({ x, y });
      const expected = y.flat().reduce((sum, target, n) => sum + (outputs[n] - target) ** 2, 0) / 60;
      // Differences and squares of 32 bits.
      expect(loss / expected).toBeCloseTo(1, 5);
    }
  });
});

test("their files give them back", async () => {
  for (const spec of specs) {
    using network = await Network.create(spec);
    using loaded = await Network.load(network.save());
    expect(loaded.spec).toEqual(network.spec);
    const { x } = batchOf(spec, 3, new SeededNumbers(5));
    expect(loaded.predict(x)).toEqual(network.predict(x));
  }
});
