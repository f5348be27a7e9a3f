import { describe, expect, test } from "vitest";
import { type ActivationName, activationNames } from "../src/network/activations";
import { type InitialFill, type Initializer, initialFill, initializers, orthogonalMatrix } from "../src/network/initialisers";
import { dense } from "../src/network/layers/dense";
import { Network } from "../src/network/network";
import * as reference from "../src/reference/random";

/** With fixed seeds a test of chance always ends the same way; five deviations would fail one seed in two million. */
const DEVIATIONS = 5;

/** The weights that a dense layer starts with. */
async function weights(
  inputs: number, outputs: number, initializer: Initializer | undefined, activation: ActivationName = "linear",
): Promise<Float32Array> {
  const layer = dense(outputs, activation, initializer === undefined ? {} : { initializer });
  using network = await Network.create({ input: inputs, layers: [layer], seed: 5 });
  return network.parameters()["0.weight"].data;
}

function mean(x: Float32Array, of: (value: number) => number): number {
  return x.reduce((sum, value) => sum + of(value), 0) / x.length;
}

describe("initialisers", () => {
  test("work out their numbers from fanIn and fanOut, and take options", () => {
    const fills: [Initializer, InitialFill][] = [
      ["glorotUniform", { kind: "uniform", low: -Math.sqrt(6 / 500), high: Math.sqrt(6 / 500) }],
      ["glorotNormal", { kind: "normal", mean: 0, deviation: Math.sqrt(2 / 500) }],
      ["heUniform", { kind: "uniform", low: -Math.sqrt(6 / 300), high: Math.sqrt(6 / 300) }],
      ["heNormal", { kind: "normal", mean: 0, deviation: Math.sqrt(2 / 300) }],
      ["lecunUniform", { kind: "uniform", low: -0.1, high: 0.1 }],
      ["lecunNormal", { kind: "normal", mean: 0, deviation: Math.sqrt(1 / 300) }],
      ["orthogonal", { kind: "orthogonal", gain: 1 }],
      ["uniform", { kind: "uniform", low: -0.05, high: 0.05 }],
      ["normal", { kind: "normal", mean: 0, deviation: 0.05 }],
      ["zeros", { kind: "constant", value: 0 }],
      ["constant", { kind: "constant", value: 0 }],
      [{ type: "heNormal" }, { kind: "normal", mean: 0, deviation: Math.sqrt(2 / 300) }],
      [{ type: "orthogonal", gain: 2 }, { kind: "orthogonal", gain: 2 }],
      [{ type: "uniform", high: 1 }, { kind: "uniform", low: -0.05, high: 1 }],
      [{ type: "normal", deviation: 2 }, { kind: "normal", mean: 0, deviation: 2 }],
      [{ type: "constant", value: 3 }, { kind: "constant", value: 3 }],
    ];
    for (const [initializer, fill] of fills) expect(initialFill(initializer, 300, 200)).toEqual(fill);
    expect(fills.slice(0, 11).map(([name]) => name).sort()).toEqual(Object.keys(initializers).sort());
  });

  test("give weights of the variance that each promises, and uniform ones within its bounds", async () => {
    const [inputs, outputs] = [300, 200];
    const promised = { glorot: 2 / 500, he: 2 / 300, lecun: 1 / 300 };
    for (const [name, variance] of Object.entries(promised)) {
      for (const kind of ["Uniform", "Normal"] as const) {
        const x = await weights(inputs, outputs, `${name}${kind}` as Initializer);
        // The mean of n numbers deviates by √(variance/n).
        expect(Math.abs(mean(x, (value) => value))).toBeLessThan(DEVIATIONS * Math.sqrt(variance / x.length));
        // A variance deviates by √((kurtosis − 1)/n) of itself: √(2/n) for normal numbers, less for uniform ones.
        expect(Math.abs(mean(x, (value) => value * value) / variance - 1)).toBeLessThan(DEVIATIONS * Math.sqrt(2 / x.length));
        // A uniform distribution of this variance ends at √3 deviations; of 60,000 normal numbers one in twelve is beyond.
        const end = Math.fround(Math.sqrt(3 * variance));
        const beyond = x.filter((value) => Math.abs(value) > end).length;
        if (kind === "Uniform") expect(beyond).toBe(0);
        else expect(beyond).toBeGreaterThan(x.length / 20);
        // The last ten-thousandth of a uniform range is met by 60,000 numbers as good as certainly.
        if (kind === "Uniform") expect(Math.max(...x)).toBeGreaterThan(end * 0.999);
      }
    }
  });

  test("the default is He for the relu family, LeCun for selu, Glorot otherwise", async () => {
    for (const activation of activationNames) {
      const isHe = ["relu", "leakyRelu", "elu", "swish", "gelu", "geluTanh", "softplus"].includes(activation);
      const expected = activation === "selu" ? "lecunNormal" : isHe ? "heUniform" : "glorotUniform";
      expect(await weights(5, 7, undefined, activation)).toEqual(await weights(5, 7, expected, activation));
    }
  });

  test("fill with constants and zeros, and biases with zeros unless told otherwise", async () => {
    const layers = [
      dense(3, "tanh", { initializer: { type: "constant", value: 0.25 }, biasInitializer: { type: "uniform", low: 2, high: 3 } }),
      dense(4, "tanh", { initializer: "zeros" }),
    ];
    using network = await Network.create({ input: 2, layers });
    const { "0.weight": w, "0.bias": b, "1.weight": zeros, "1.bias": none } = network.parameters();
    expect(Array.from(w.data)).toEqual(new Array(6).fill(0.25));
    expect(b.data.every((value) => value >= 2 && value <= 3)).toBe(true);
    expect(Array.from(zeros.data)).toEqual(new Array(12).fill(0));
    expect(Array.from(none.data)).toEqual(new Array(4).fill(0));
  });

  test.each([[40, 24], [24, 40], [33, 33]])("orthogonal weights keep lengths: %i inputs, %i outputs, gain 2", async (inputs, outputs) => {
    const w = await weights(inputs, outputs, { type: "orthogonal", gain: 2 });
    const fewer = Math.min(inputs, outputs);
    const at = (j: number, i: number) => (outputs <= inputs ? w[j * inputs + i] : w[i * inputs + j]);
    for (let j = 0; j < fewer; j++) {
      for (let k = 0; k <= j; k++) {
        let product = 0;
        for (let i = 0; i < Math.max(inputs, outputs); i++) product += at(j, i) * at(k, i);
        // Each element is rounded by 2^-24 of itself, so a product of rows of length 2 is off by 2·2²·2^-24 at most.
        expect(Math.abs(product - (j === k ? 4 : 0))).toBeLessThan(5e-7);
      }
    }
  });

  test("layers and seeds get numbers of their own", async () => {
    const layers = [dense(6, "tanh", { initializer: "glorotNormal" }), dense(6, "tanh", { initializer: "glorotNormal" })];
    using first = await Network.create({ input: 6, layers, seed: 1 });
    using second = await Network.create({ input: 6, layers, seed: 2 });
    expect(first.parameters()["1.weight"].data).not.toEqual(first.parameters()["0.weight"].data);
    expect(second.parameters()["0.weight"].data).not.toEqual(first.parameters()["0.weight"].data);
  });

  test("refuse wrong options when they are compiled", () => {
    // @ts-expect-error: no such option
    const unknown: Initializer = { type: "uniform", deviation: 1 };
    // @ts-expect-error: takes no options
    const none: Initializer = { type: "zeros", value: 1 };
    // @ts-expect-error: no such name
    const name: Initializer = "glorot";
    // @ts-expect-error: not a number
    const text: Initializer = { type: "constant", value: "1" };
    expect([unknown, none, name, text]).toHaveLength(4);
  });
});

describe("orthogonalMatrix", () => {
  function normals(size: number, seed: number): Float32Array {
    const x = new Float32Array(size);
    reference.fillNormal(x, 0, size, 0, 1, seed, 0, 0, 0, 0);
    return x;
  }

  test.each([[1, 1], [1, 7], [7, 1], [5, 5], [30, 100], [100, 30], [128, 128]])(
    "gives %i × %i with orthonormal rows or columns, whichever are fewer, by a QR whose R has a positive diagonal",
    (rows, cols) => {
      const x = normals(rows * cols, 6);
      const q = orthogonalMatrix(rows, cols, 1, x);
      const [vectors, length] = rows < cols ? [rows, cols] : [cols, rows];
      const at = (j: number, i: number) => (rows < cols ? j * cols + i : i * cols + j);
      let skew = 0;
      let below = 0;
      for (let j = 0; j < vectors; j++) {
        for (let k = 0; k < vectors; k++) {
          let gram = j === k ? -1 : 0;
          let r = 0;
          for (let i = 0; i < length; i++) {
            gram += q[at(j, i)]! * q[at(k, i)]!;
            r += q[at(j, i)]! * x[at(k, i)]!;
          }
          skew = Math.max(skew, Math.abs(gram));
          if (k < j) below = Math.max(below, Math.abs(r));
          if (k === j) expect(r).toBeGreaterThan(0);
        }
      }
      // Each element was rounded to single precision, by at most 2^-24 of itself, so QᵀQ is off by 2·2^-24 at most.
      expect(skew).toBeLessThan(1.2e-7);
      // The same times the length of a column of normal numbers, at most 13 here.
      expect(below).toBeLessThan(13 * 2 ** -24);
    },
  );

  test("agrees with a decomposition by hand, and scales by the gain", () => {
    // [3 1; 4 2] = [0.6 -0.8; 0.8 0.6]·[5 2.2; 0 0.4]
    expect(orthogonalMatrix(2, 2, 10, Float32Array.of(3, 1, 4, 2))).toEqual(Float32Array.of(6, -8, 8, 6));
    // Rows: (3 4 0) / 5, then (1 2 0) − 2.2·(0.6 0.8 0) = (-0.32 0.24 0), divided by 0.4.
    expect(orthogonalMatrix(2, 3, 10, Float32Array.of(3, 4, 0, 1, 2, 0))).toEqual(Float32Array.of(6, 8, 0, -8, 6, 0));
  });

  test("does not favour a direction: the elements of many small ones have the moments of the sphere", () => {
    const matrices = 20_000;
    const squares = new Float64Array(9);
    const sums = new Float64Array(9);
    const x = normals(9 * matrices, 8);
    for (let m = 0; m < matrices; m++) {
      orthogonalMatrix(3, 3, 1, x.subarray(9 * m, 9 * m + 9)).forEach((value, i) => {
        sums[i]! += value;
        squares[i]! += value * value;
      });
    }
    // A coordinate of the sphere in three dimensions is uniform in [-1, 1] (Archimedes): variance 1/3, that of its square 4/45.
    for (let i = 0; i < 9; i++) {
      expect(Math.abs(sums[i]! / matrices)).toBeLessThan(DEVIATIONS * Math.sqrt(1 / 3 / matrices));
      expect(Math.abs(squares[i]! / matrices - 1 / 3)).toBeLessThan(DEVIATIONS * Math.sqrt(4 / 45 / matrices));
    }
  });
});
