import { describe, expect, test } from "vitest";
import { dense } from "../src/network/layers/dense";
import { Network } from "../src/network/network";
import { Trainer } from "../src/training/trainer";

/*
 * A 2-2-1 network of sigmoids, worked out with pencil and calculator. x = (0.5, −1), target y = 1, loss ½ (a − y)².
 *
 * Hidden layer:  W = [[0.4, −0.2], [0.1, 0.3]], b = (0.1, −0.1)
 *   z₁ = 0.4·0.5 + (−0.2)·(−1) + 0.1 =  0.5      h₁ = σ( 0.5) = 0.6224593312
 *   z₂ = 0.1·0.5 +   0.3 ·(−1) − 0.1 = −0.35     h₂ = σ(−0.35) = 0.4133824211
 * Output:        w = (0.7, −0.5), c = 0.2
 *   z = 0.7·0.6224593312 − 0.5·0.4133824211 + 0.2 = 0.4290303213
 *   a = σ(z) = 0.6056420944      loss = ½ (0.6056420944 − 1)² = 0.0777590789
 *
 * δ = (a − y)·a·(1 − a) = −0.3943579056 · 0.6056420944 · 0.3943579056 = −0.0941883428
 * δ₁ = δ·w₁·h₁·(1 − h₁) = −0.0941883428 ·  0.7 · 0.2350037122 = −0.0154942271
 * δ₂ = δ·w₂·h₂·(1 − h₂) = −0.0941883428 · −0.5 · 0.2424973950 =  0.0114202139
 *
 * ∂/∂w = δ·h = (−0.0586284128, −0.0389358052)          ∂/∂c = δ
 * ∂/∂W = δᵢ·xⱼ = [[−0.0077471136, 0.0154942271], [0.0057101069, −0.0114202139]]      ∂/∂b = (δ₁, δ₂)
 */
const spec = { input: 2, layers: [dense(2, "sigmoid"), dense(1, "sigmoid")] };
const start = {
  "0.weight": { data: [0.4, -0.2, 0.1, 0.3] }, "0.bias": { data: [0.1, -0.1] },
  "1.weight": { data: [0.7, -0.5] }, "1.bias": { data: [0.2] },
};
const x = [[0.5, -1]];
const y = [[1]];
const output = 0.6056420944;
const delta = -0.0941883428;
const hiddenDeltas = [-0.0154942271, 0.0114202139];
const expected: Record<string, number[]> = {
  "0.weight": [-0.0077471136, 0.0154942271, 0.0057101069, -0.0114202139], "0.bias": hiddenDeltas,
  "1.weight": [-0.0586284128, -0.0389358052], "1.bias": [delta],
};

// Numbers of about 1 in 32-bit floats, a dozen roundings of 2^-24 = 6e-8 each; a wrong sign or factor is off by 0.005 or more.
const DIGITS = 6;

async function textbookNetwork(): Promise<Network> {
  const network = await Network.create(spec);
  network.setParameters(start);
  return network;
}

describe("a 2-2-1 network of sigmoids does what the textbook does by hand:", () => {
  test("the output", async () => {
    using network = await textbookNetwork();
    expect(network.predict(x)[0]).toBeCloseTo(output, DIGITS);
  });

  test("δ and ∂E/∂W of both layers", async () => {
    using network = await textbookNetwork();
    const { loss, gradients } = new Trainer(network, { loss: "squaredError" }).gradients(x, y);
    expect(loss).toBeCloseTo(0.0777590789, DIGITS);
    expect(Object.keys(gradients)).toEqual(Object.keys(expected));
    for (const [name, values] of Object.entries(expected)) {
      values.forEach((value, n) => expect(gradients[name].data[n], `${name}[${n}]`).toBeCloseTo(value, DIGITS));
    }
  });

  test("ΔW = −η·∂E/∂W in a step, which returns the loss from before it", async () => {
    using network = await textbookNetwork();
    const trainer = new Trainer(network, { loss: "squaredError", optimizer: { type: "sgd", learningRate: 0.5 } });
    expect(trainer.step(x, y)).toBeCloseTo(0.0777590789, DIGITS);
    const after = network.parameters();
    for (const [name, { data }] of Object.entries(start)) {
      data.forEach((value, n) => {
        expect(after[name].data[n], `${name}[${n}]`).toBeCloseTo(value - 0.5 * expected[name][n], DIGITS);
      });
    }
    expect(network.predict(x)[0]).toBeGreaterThan(output);
  });

  test("two rows give the mean of their gradients", async () => {
    using network = await textbookNetwork();
    const trainer = new Trainer(network, { loss: "squaredError" });
    const one = trainer.gradients([[0.5, -1]], [[1]]).gradients;
    const other = trainer.gradients([[-0.8, 0.3]], [[0]]).gradients;
    const both = trainer.gradients([[0.5, -1], [-0.8, 0.3]], [[1], [0]]).gradients;
    for (const [name, { data }] of Object.entries(both)) {
      data.forEach((value, n) => expect(value).toBeCloseTo((one[name].data[n] + other[name].data[n]) / 2, DIGITS));
    }
  });
});
