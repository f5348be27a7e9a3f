import { expect, test, vi } from "vitest";
import { activationNames } from "../src/network/activations";
import { dense } from "../src/network/layers/dense";
import { Network } from "../src/network/network";
import type { Machine } from "../src/reference/machine";
import { gradientCheck } from "../src/training/gradientCheck";

/** What the derivatives of activations are multiplied by. */
const wrong = vi.hoisted(() => ({ factor: 1 }));

vi.mock("../src/reference/activation", async (original) => {
  const activation = await original<typeof import("../src/reference/activation")>();
  const activationBackward: typeof activation.activationBackward = (m: Machine, kind, dz, da, saved, rows, cols, ld, parameter) => {
    activation.activationBackward(m, kind, dz, da, saved, rows, cols, ld, parameter);
    for (let row = 0; row < rows; row++) for (let c = 0; c < cols; c++) m.f[dz + row * ld + c] *= wrong.factor;
  };
  return { ...activation, activationBackward };
});

// A linear activation has no derivative of its own to get wrong.
test.each(activationNames.filter((name) => name !== "linear"))("a derivative of %s that is wrong by a millionth is seen", async (name) => {
  using network = await Network.create({ input: 3, layers: [dense(6, name), dense(2)], seed: 3 });
  const batch = { x: [[0.3, -1.2, 0.8], [1.1, 0.4, -0.6]], y: [[1, -1], [0.5, 2]], loss: "squaredError" } as const;
  wrong.factor = 1;
  expect((await gradientCheck(network, batch)).maxRelativeError).toBeLessThan(1e-7);
  wrong.factor = 1 + 1e-6;
  expect((await gradientCheck(network, batch)).maxRelativeError).toBeGreaterThan(5e-7);
});
