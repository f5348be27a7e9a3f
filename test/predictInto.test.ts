import { describe, expect, test } from "vitest";
import { activation, dense, Network, type NetworkSpec } from "../src/index";
import { SeededNumbers } from "./support/numbers";

/** Widths that grow and shrink, so that the two buffers of a prediction hold wider rows before narrower ones. */
const spec: NetworkSpec = {
  input: 21, layers: [dense(70, "gelu"), dense(5, "tanh"), activation("relu"), dense(96, "sigmoid"), dense(9), dense(3, "softmax")], seed: 4,
};

/** The same layers as networks of their own, one after the other. */
async function layerByLayer(whole: Network, x: Float32Array): Promise<Float32Array> {
  let values = x;
  let inputs = whole.inputs;
  const all = whole.parameters();
  for (const [n, layer] of spec.layers.entries()) {
    using single = await Network.create({ input: inputs, layers: layer.type === "dense" ? [layer] : [dense(inputs, "linear"), layer] });
    const own = Object.entries(all).filter(([name]) => name.startsWith(`${n}.`)).map(([name, tensor]) => [name.replace(/^\d+/, "0"), tensor]);
    const identity = { "0.weight": { data: Float32Array.from({ length: inputs ** 2 }, (_, k) => (k % (inputs + 1) === 0 ? 1 : 0)) } };
    single.setParameters(layer.type === "dense" ? Object.fromEntries(own) : identity);
    values = single.predict(values);
    inputs = single.outputs;
  }
  return values;
}

describe("predict into an array that the caller brings", () => {
  test.each([1, 2, 3, 4, 63, 64, 131, 300])("%i rows: the bits of a new array, whatever was in it", async (rows) => {
    using network = await Network.create(spec);
    const x = new SeededNumbers(rows).array(rows * 21);
    const expected = network.predict(x);
    expect(expected).toEqual(await layerByLayer(network, x));
    const single = new Float32Array(rows * 3).fill(NaN);
    const double = new Float64Array(rows * 3).fill(NaN);
    expect(network.predict(x, single)).toBe(single);
    expect(network.predict(x, double)).toBe(double);
    expect(single).toEqual(expected);
    expect(Float32Array.from(double)).toEqual(expected);
  });

  test("one row at a time gives what all at once give", async () => {
    using network = await Network.create(spec);
    const x = new SeededNumbers(9).array(40 * 21);
    const whole = network.predict(x);
    const row = new Float32Array(3);
    for (let n = 0; n < 40; n++) expect(network.predict(x.subarray(n * 21, (n + 1) * 21), row)).toEqual(whole.subarray(n * 3, (n + 1) * 3));
  });

  const wrong: [name: string, out: unknown, code: string, says: RegExp][] = [
    ["an array that is too short", new Float32Array(5), "shape", /^out: expected room for 6 numbers, got 5/],
    ["an array that is too long", new Float64Array(7), "shape", /^out: expected room for 6 numbers, got 7/],
    ["a plain array", [0, 0, 0, 0, 0, 0], "type", /^out: expected a Float32Array or a Float64Array, got an array of 6/],
    ["whole numbers", new Int32Array(6), "type", /^out: .* got Int32Array of 6/],
    ["null", null, "type", /^out: .* got null/],
  ];
  test.each(wrong)("refuses %s", async (_name, out, code, says) => {
    using network = await Network.create(spec);
    let error: unknown;
    try {
      network.predict(new Float32Array(42), out as Float32Array);
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({ code, message: expect.stringMatching(says) });
  });

  test("leaves it alone where the input is wrong", async () => {
    using network = await Network.create(spec);
    const out = new Float32Array(3).fill(7);
    expect(() => network.predict(new Float32Array(21).fill(NaN), out)).toThrow(/nonFinite|finite/);
    expect([...out]).toEqual([7, 7, 7]);
  });
});

describe("rows of 32-bit floats are copied as a whole", () => {
  test("with the bits, the flush and the errors of single numbers", async () => {
    using network = await Network.create(spec);
    const numbers = new SeededNumbers(5).array(2 * 21);
    numbers[3] = 1e-35;
    numbers[20] = -0;
    const plain = network.predict([...numbers]);
    expect(network.predict(numbers)).toEqual(plain);
    expect(network.predict([numbers.subarray(0, 21), numbers.subarray(21)])).toEqual(plain);
    for (const bad of [NaN, Infinity, -Infinity]) {
      const wrong = numbers.slice();
      wrong[30] = bad;
      expect(() => network.predict(wrong)).toThrow(`x: row 1, column 9: expected a finite number, got ${bad}`);
    }
  });

  test("not trusting what an array says of its own length", async () => {
    using network = await Network.create(spec);
    const short = new Float32Array(10);
    Object.defineProperty(short, "length", { value: 21 });
    expect(() => network.predict(short)).toThrow(/column 10: expected a number, got undefined/);
  });
});
