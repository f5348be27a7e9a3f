import { describe, expect, test } from "vitest";
import {
  activation, add, batchNorm, type Branch, concat, conv2d, dense, dropout, embedding, flatten, gradientCheck, graph, type LayerSpec, layerNorm, Network,
  type NetworkSpec, reshape, residual, Trainer,
} from "../src/index";
import { createExact } from "./support/exact";
import { SeededNumbers } from "./support/numbers";
import { refused } from "./support/refusals";

// Networks with branches: graph, add, concat, and the same as plain data, with from and name.

const numbers = new SeededNumbers(81);
const x = Array.from({ length: 6 }, () => Array.from(numbers.array(3)));
const y = Array.from({ length: 6 }, () => Array.from(numbers.array(2)));
const RELATIVE = 1e-6;

/** Predictions in 64 bits. */
function predict(spec: NetworkSpec, parameters?: Parameters<Network["setParameters"]>[0]): Float64Array {
  using network = createExact(spec);
  if (parameters) network.setParameters(parameters);
  return network.predict(x, new Float64Array(x.length * network.outputs));
}

async function expectGradients(spec: NetworkSpec): Promise<void> {
  for (const rows of [1, 6]) {
    using network = await Network.create(spec);
    const outputs = y.map((row) => Array.from({ length: network.outputs }, (_, n) => row[n % 2]));
    const check = await gradientCheck(network, { x: x.slice(0, rows), y: outputs.slice(0, rows), loss: "squaredError", samples: Infinity });
    expect(check.maxRelativeError, JSON.stringify(check.worst)).toBeLessThan(RELATIVE);
  }
}

describe("graph", () => {
  test("gives plain data, each layer with the numbers of those that it takes", () => {
    const spec = graph(3, (input) => {
      const a = input.to(dense(4, "tanh"), dense(5));
      const b = input.to(dense(5, "relu", { name: "side" }));
      return concat(add(a, b), a, input).to(dense(2));
    }, { seed: 7 });
    expect(spec).toEqual({
      input: 3, seed: 7,
      layers: [
        { type: "dense", units: 4, activation: "tanh", from: [-1] }, { type: "dense", units: 5, activation: "linear", from: [0] },
        { type: "dense", units: 5, activation: "relu", name: "side", from: [-1] }, { type: "add", from: [1, 2] },
        { type: "concat", from: [3, 1, -1] }, { type: "dense", units: 2, activation: "linear", from: [4] },
      ],
    });
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
  });

  test("of one chain is the list of its layers, to the bit", async () => {
    const layers = [dense(7, "tanh"), batchNorm(), dropout(0.2), dense(2)];
    const results = [];
    for (const spec of [{ input: 3, layers, seed: 5 }, graph(3, (input) => input.to(...layers), { seed: 5 }), graph(3, (input) => layers.reduce<Branch>((branch, layer) => branch.to(layer), input), { seed: 5 })]) {
      using network = await Network.create(spec);
      await new Trainer(network, { loss: "meanSquaredError" }).fit({ x, y }, { epochs: 3, batchSize: 4 });
      results.push(network.parameters());
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  test("may be written by hand, with from", async () => {
    const byHand: NetworkSpec = { input: 3, layers: [dense(4, "tanh"), { ...dense(4, "tanh"), from: [-1] }, { type: "add", from: [0, 1] }, dense(2)] };
    using network = await Network.create(byHand);
    expect(network.predict(x)).toHaveLength(12);
    expect(byHand.layers[3]).not.toHaveProperty("from");
  });

  test("doesn't change the layers that it is given, which may be used again", () => {
    const layer = Object.freeze(dense(3));
    const spec = graph(3, (input) => add(input.to(layer), input.to(layer).to(layer)));
    expect(layer).not.toHaveProperty("from");
    expect(spec.layers.map(({ from }) => from)).toEqual([[-1], [-1], [1], [0, 2]]);
  });

  test("takes images and sequences", async () => {
    const spec = graph([2, 4, 4], (input) => {
      const a = input.to(conv2d(3, 3, "relu", { padding: 1 })), b = input.to(conv2d(3, 1));
      return concat(add(a, b), input).to(conv2d(2, 2), flatten(), dense(2));
    });
    using network = await Network.create(spec);
    const images = Array.from({ length: 3 }, () => numbers.array(32));
    const check = await gradientCheck(network, { x: images, y: y.slice(0, 3), loss: "squaredError" });
    expect(check.maxRelativeError).toBeLessThan(RELATIVE);
    const words = graph(5, (input) => {
      const table = input.to(embedding(9, 4)), other = input.to(embedding(9, 4));
      return add(table, other).to(dense(3, "tanh"), flatten(), dense(2));
    });
    using reader = await Network.create(words);
    const indices = [[0, 8, 3, 3, 1], [2, 2, 2, 2, 2]];
    expect((await gradientCheck(reader, { x: indices, y: y.slice(0, 2), loss: "squaredError" })).maxRelativeError).toBeLessThan(RELATIVE);
    await expect(refused(() => reader.predict([[0, 1, 2, 3, 9]]))).resolves.toBeDefined();
  });
});

/** Weights of the last of two layers, so many times as large. */
function scaled(spec: NetworkSpec, name: string, factor: number): Record<string, { data: number[] }> {
  using network = createExact(spec);
  return Object.fromEntries(Object.entries(network.parameters()).map(([key, { data }]) => [key, { data: Array.from(data, (value) => (key === name ? value * factor : value)) }]));
}

describe("add", () => {
  const single = { input: 3, layers: [dense(4, "tanh"), dense(2)], seed: 4 };

  test.each([2, 3, 5])("of a tensor to itself, %i times in all, is so many times the tensor", async (times) => {
    const many = graph(3, (input) => {
      const h = input.to(dense(4, "tanh"));
      return add(...Array.from({ length: times }, () => h)).to(dense(2));
    }, { seed: 4 });
    const own = scaled(single, "", 1);
    const expected = predict(single, scaled(single, "1.weight", times));
    const sum = predict(many, { "0.weight": own["0.weight"], "0.bias": own["0.bias"], "2.weight": own["1.weight"], "2.bias": own["1.bias"] });
    // One comes of weights that are rounded to 32 bits, the other of exact ones.
    sum.forEach((value, n) => expect(value).toBeCloseTo(expected[n], 6));
    await expectGradients(many);
  });

  test("of one tensor is that tensor", () => {
    const spec = graph(3, (input) => add(input.to(dense(2))), { seed: 4 });
    expect(predict(spec)).toEqual(predict({ input: 3, layers: [dense(2)], seed: 4 }));
  });

  test("of the input to itself, and to what is made of it", async () => {
    for (const build of [
      (input: Branch) => add(input, input).to(dense(2)), (input: Branch) => add(input, input.to(dense(3, "tanh"))).to(dense(2)),
      (input: Branch) => add(input.to(dense(3, "tanh")), input).to(dense(2)), (input: Branch) => add(input, input, input.to(activation("tanh"))).to(dense(2)),
    ]) await expectGradients(graph(3, build, { seed: 2 }));
    using doubled = await Network.create(graph(3, (input) => add(input, input), {}));
    expect([...doubled.predict(x)]).toEqual(x.flat().map((value) => Math.fround(2 * Math.fround(value))));
  });
});

describe("concat", () => {
  test("puts its parts side by side, in their order, also the same twice", async () => {
    using network = await Network.create(graph(3, (input) => {
      const twice = add(input, input);
      return concat(twice, input, twice);
    }));
    const rows = x.flatMap((row) => [...row.map((value) => 2 * value), ...row, ...row.map((value) => 2 * value)]);
    expect([...network.predict(x)]).toEqual(rows.map(Math.fround));
    await expectGradients(graph(3, (input) => {
      const h = input.to(dense(5, "tanh"));
      return concat(h, input, h).to(dense(2));
    }));
  });
});

describe("shapes of branches", () => {
  const shapes: [name: string, build: (input: Branch) => Branch][] = [
    ["a tensor that three layers take", (input) => {
      const h = input.to(dense(5, "gelu"));
      return add(h.to(dense(4, "tanh")), h.to(dense(4)), h.to(dense(4, "sigmoid"))).to(dense(2));
    }],
    ["a diamond", (input) => {
      const top = input.to(dense(5, "tanh"));
      return add(top.to(dense(4, "tanh")), top.to(dense(3, "gelu"), dense(4))).to(dense(2));
    }],
    ["diamonds in a row", (input) => Array.from({ length: 4 }).reduce<Branch>((top) => add(top.to(dense(3, "tanh")), top.to(activation("swish"))), input.to(dense(3))).to(dense(2))],
    ["a diamond in a diamond", (input) => {
      const top = input.to(dense(4, "tanh"));
      const inner = top.to(dense(4));
      return concat(add(inner.to(activation("tanh")), inner), top).to(dense(2));
    }],
    ["shortcuts to all that comes after", (input) => {
      let all = input;
      for (let n = 0; n < 4; n++) all = concat(all, all.to(dense(3, "tanh")));
      return all.to(dense(2));
    }],
    ["branches that end in a sum", (input) => add(input.to(dense(2)), input.to(dense(2, "tanh")))],
    ["branches that end in a concat", (input) => concat(input.to(dense(1)), input.to(dense(1, "tanh")))],
    ["a sum of which one part goes on", (input) => {
      const a = input.to(dense(4)), b = input.to(dense(4));
      return add(add(a, b).to(activation("tanh")), b, a).to(dense(2));
    }],
    ["activations on a tensor that others need", (input) => {
      const h = input.to(dense(4));
      return concat(h.to(activation("relu")), h.to(activation("tanh")), h.to(layerNorm()), h.to(batchNorm()), h).to(dense(2));
    }],
    ["residual blocks on branches", (input) => {
      const h = input.to(residual([dense(6, "tanh"), dense(4)]));
      return add(h.to(residual([dense(4, "tanh")])), h.to(reshape([2, 2]), dense(2), flatten())).to(dense(2));
    }],
    ["dropout of what is taken elsewhere whole", (input) => {
      const h = input.to(dense(6, "tanh"));
      return add(h.to(dropout(0.4)), h, h.to(dropout(0.4))).to(dense(2));
    }],
  ];
  test.each(shapes)("%s", async (_name, build) => {
    await expectGradients(graph(3, build, { seed: 3 }));
  });
});

describe("parameters are named", () => {
  const namesOf = async (spec: NetworkSpec) => {
    using network = await Network.create(spec);
    return Object.keys(network.parameters());
  };

  test("by the number of their layer, all layers counted, or by its name", async () => {
    const spec = graph(3, (input) => {
      const a = input.to(dense(4), activation("tanh"));
      const b = input.to(dense(4, "tanh", { name: "side" }));
      return add(a, b).to(residual([dense(4), dense(4, "linear", { bias: false })], { name: "block" }), residual([dense(5)]), batchNorm({ name: "norm.1" }), dense(2));
    });
    expect(await namesOf(spec)).toEqual([
      "0.weight", "0.bias", "side.weight", "side.bias", "block.layers.0.weight", "block.layers.0.bias", "block.layers.1.weight",
      "5.layers.0.weight", "5.layers.0.bias", "5.projection.weight", "5.projection.bias",
      "norm.1.weight", "norm.1.bias", "norm.1.running_mean", "norm.1.running_var", "7.weight", "7.bias",
    ]);
  });

  test("so that the order of branches in a sum changes no name, and no initial weight", async () => {
    const spec = (isTurned: boolean) => graph(3, (input) => {
      const [a, b] = [input.to(dense(4)), input.to(dense(4, "tanh"))];
      return (isTurned ? add(b, a) : add(a, b)).to(dense(2));
    }, { seed: 9 });
    using one = await Network.create(spec(false));
    using other = await Network.create(spec(true));
    expect(other.parameters()).toEqual(one.parameters());
    expect(other.predict(x)).toEqual(one.predict(x));
  });
});

describe("refused, by name:", () => {
  const building: [what: string, make: () => unknown, code: string, says: RegExp][] = [
    ["no function", () => graph(3, 5 as never), "type", /^build: expected a function, got 5/],
    ["a function that gives nothing", () => graph(3, (() => {}) as never), "type", /^build: expected what graph's input gives/],
    ["a function that gives a layer", () => graph(3, (() => dense(3)) as never), "type", /^build: expected what graph's input gives/],
    ["a layer that isn't the last", () => graph(3, (input) => { const a = input.to(dense(2)); a.to(dense(3)); return a; }), "conflict", /^build: expected it to return the last layer that it made, number 1, got number 0/],
    ["the input", () => graph(3, (input) => { input.to(dense(2)); return input; }), "conflict", /got the input/],
    ["a branch of another graph", () => { let other!: Branch; graph(3, (input) => (other = input.to(dense(2)))); return graph(3, () => other); }, "conflict", /^build: expected branches of one graph/],
    ["a sum over two graphs", () => { let other!: Branch; graph(3, (input) => (other = input.to(dense(2)))); return graph(3, (input) => add(input.to(dense(2)), other)); }, "conflict", /^add: expected branches of one graph, got those of two/],
    ["a sum of nothing", () => add(), "empty", /^add: expected at least one branch/], ["a concat of nothing", () => concat(), "empty", /^concat: expected at least one branch/],
    ["a sum with a layer", () => graph(3, (input) => add(input, dense(3) as never)), "type", /^add: expected what graph's input gives/],
    ["a concat of null", () => graph(3, () => concat(null as never)), "type", /^concat: expected/],
  ];
  test.each(building)("%s", async (_what, make, code, says) => {
    const error = await refused(make);
    expect(error.message).toMatch(says);
    expect(error.code).toBe(code);
  });

  const layers = (...given: (LayerSpec | Record<string, unknown>)[]): NetworkSpec => ({ input: 3, layers: given as LayerSpec[] });
  const specs: [what: string, spec: NetworkSpec, code: string, says: RegExp][] = [
    ["an empty graph", graph(3, (input) => input), "empty", /^spec\.layers: expected at least one layer/],
    ["a layer that nobody takes", graph(3, (input) => { input.to(dense(2)); return input.to(dense(4)); }), "conflict", /^spec\.layers\[0\]: no layer takes its output/],
    ["a sum of two shapes", graph(3, (input) => add(input.to(dense(2)), input.to(dense(4)))), "shape", /^spec\.layers\[2\]\.from/],
    ["a sum of a vector and an image", graph(4, (input) => add(input, input.to(reshape([1, 2, 2])))), "shape", /^spec\.layers\[1\]\.from/],
    ["images of two sizes side by side", graph([1, 4, 4], (input) => concat(input, input.to(conv2d(1, 2)))), "shape", /^spec\.layers\[1\]\.from/],
    ["from a layer that comes later", layers(dense(3), { ...dense(3), from: [2] }, dense(2)), "range", /^spec\.layers\[1\]\.from: expected an array of whole numbers from -1 \(the input\) to 0/],
    ["from itself", layers({ ...dense(3), from: [0] }), "range", /^spec\.layers\[0\]\.from/], ["from below the input", layers({ ...dense(3), from: [-2] }), "range", /\.from/],
    ["from half a layer", layers(dense(3), { ...dense(3), from: [0.5] }), "range", /\.from/], ["from a name", layers(dense(3), { ...dense(3), from: ["0"] }), "type", /\.from/],
    ["from no array", layers(dense(3), { ...dense(3), from: 0 }), "type", /\.from: expected an array of whole numbers.*got 0/], ["from nothing", layers(dense(3), { ...dense(3), from: [] }), "empty", /\.from/],
    ["from too many", layers({ type: "add", from: new Array(10_001).fill(-1) }), "range", /^spec\.layers\[0\]\.from: expected at most 10000 numbers, got 10001/],
    ["from null", layers(dense(3), { ...dense(3), from: null }), "type", /\.from/],
    ["a dense layer of two inputs", layers(dense(3), { ...dense(3), from: [-1, 0] }), "conflict", /^spec\.layers\[1\]\.from: dense takes one input, got 2/],
    ["a residual block of two inputs", layers(dense(3), { ...residual([dense(3)]), from: [0, -1] }), "conflict", /residual takes one input, got 2/],
    ["two layers of one name", layers(dense(3, "tanh", { name: "a" }), dense(3, "tanh", { name: "a" })), "conflict", /^spec\.layers\[1\]\.name: its parameter would be "a\.weight", as that of spec\.layers\[0\]/],
    ["a name that a nested layer has", layers(residual([dense(3)], { name: "a" }), dense(3, "tanh", { name: "a.layers.0" })), "conflict", /"a\.layers\.0\.weight"/],
    ["a name that is a number", layers(dense(3, "tanh", { name: "1" })), "range", /^spec\.layers\[0\]\.name/], ["a name of no text", layers({ ...dense(3), name: 1 }), "type", /\.name: expected a string/],
    ["a name with spaces", layers(dense(3, "tanh", { name: "my layer" })), "range", /\.name/], ["an empty name", layers(dense(3, "tanh", { name: "" })), "range", /\.name/],
    ["an embedding on a layer", graph(3, (input) => input.to(dense(3), embedding(4, 2))), "conflict", /embedding takes the network's input/],
    ["an embedding on an input that others take as numbers", graph(3, (input) => concat(input.to(embedding(4, 2), flatten()), input)), "conflict", /^spec\.layers\[0\]: embedding takes the network's input as whole numbers that choose rows, and spec\.layers\[2\] takes it as numbers/],
    ["an embedding on such an input, after them", graph(3, (input) => concat(input.to(dense(2)), input.to(embedding(4, 2), flatten()))), "conflict", /^spec\.layers\[1\]: embedding takes .*, and spec\.layers\[0\] takes it as numbers/],
    ["an option that graph doesn't know", graph(3, (input) => input.to(dense(2)), { sed: 1 } as never), "unknown", /^spec\.sed/],
  ];
  test.each(specs)("%s", async (_what, spec, code, says) => {
    const error = await refused(() => Network.create(spec));
    expect(error.message).toMatch(says);
    expect(error.code, error.message).toBe(code);
  });
});
