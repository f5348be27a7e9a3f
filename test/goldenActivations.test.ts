import { describe, expect, test } from "vitest";
import { coreBytes } from "../src/core/coreBytes";
import { ActivationBackward, ActivationForward, Op, RECORD_WORDS, State, STATE_LENGTH } from "../assembly/records";
import type { Engine } from "../src/core/engine";
import { createWasmEngine } from "../src/core/wasmEngine";
import { type ActivationOption, resolveActivation } from "../src/network/activations";
import { writeRecords } from "../src/plan/builder";
import { record } from "../src/plan/record";
import { createReferenceEngine } from "../src/reference/engine";
import { type Activations, readGolden } from "./support/golden";

// The values are PyTorch's and those of forms that do not cancel, in 64-bit floats.

const golden = readGolden<Activations>("activations");
const core = await createWasmEngine(await coreBytes());
const exact = createReferenceEngine("float64");

/** Results below this are zero in the core. */
const FLUSH = 2 ** -100;

/** f(z) of one row, and da ⊙ f′, by the records of an engine. */
function run(engine: Engine, option: ActivationOption, z: readonly number[], da: readonly number[]): [values: number[], dz: number[]] {
  const f = resolveActivation("activation", option);
  const { heap } = engine;
  const cols = z.length, ld = Math.ceil(cols / 8) * 8;
  const state = heap.allocate(STATE_LENGTH * 8), parameter = heap.allocate(8);
  const rows = heap.allocate(ld * 16), records = heap.allocate(2 * RECORD_WORDS * 4);
  const [input, a, gradient, dz] = [0, 1, 2, 3].map((n) => rows + n * ld * 4);
  heap.d[state / 8 + State.rows] = 1;
  heap.d[parameter / 8] = f.parameter;
  heap.f.set(z, input / 4);
  heap.f.set(da, gradient / 4);
  const shape = { kind: f.code, cols, ld, parameter };
  writeRecords(heap, records, [
    record(Op.ActivationForward, ActivationForward, { ...shape, a, z: input }),
    record(Op.ActivationBackward, ActivationBackward, { ...shape, dz, da: gradient, saved: f.derivesFromInput ? input : a }),
  ]);
  engine.run(state, records, 2, 1);
  const results = [a, dz].map((at) => Array.from(heap.f.subarray(at / 4, at / 4 + cols)));
  for (const block of [state, parameter, rows, records]) heap.free(block);
  return [results[0], results[1]];
}

/** The largest of |got − expected| / (|expected| + absolute · size). */
function error(got: readonly number[], expected: readonly number[], absolute: number, size: (n: number) => number = () => 1): number {
  return Math.max(...got.map((value, n) => {
    const difference = Math.abs(value - expected[n]);
    return difference < FLUSH ? 0 : difference / (Math.abs(expected[n]) + absolute * size(n));
  }));
}

// gelu and hardSigmoid cancel towards −∞: what is left is off by a rounding of 1, times z. Next to 0 that asks for all digits.
const size = (n: number) => Math.abs(golden.points[n]);
const ones = golden.points.map(() => 1);

describe.each(golden.activations.filter(({ name }) => name !== "linear"))("$name $options", ({ name, options, values, derivatives }) => {
  const option = { type: name, ...options } as ActivationOption;

  test("has PyTorch's values and derivatives at 127 points, in 64-bit floats", () => {
    const [a, dz] = run(exact, option, golden.points, ones);
    // A few roundings of 2^-53 each, relative to the value, or to 1 where terms cancel.
    expect(error(a, values, 1e-3, size)).toBeLessThan(1e-12);
    expect(error(dz, derivatives, 1e-3)).toBeLessThan(1e-12);
  });

  test("has PyTorch's values and derivatives at 127 points, in the core", () => {
    const [a, dz] = run(core, option, golden.points, ones);
    // Some roundings of 2^-24 = 6e-8 and elementary functions of up to 3 ulp; the same bound on what is left where terms cancel.
    expect(error(a, values, 1, size)).toBeLessThan(1e-6);
    expect(error(dz, derivatives, 1)).toBeLessThan(1e-6);
  });
});

describe("softmax", () => {
  test.each(golden.softmax)("of $z has PyTorch's values and product with its Jacobian", ({ z, values, v, product }) => {
    for (const [engine, tolerance] of [[exact, 1e-14], [core, 1e-6]] as const) {
      // All numbers are at most 1 in size, so a few roundings of 2^-53 or 2^-24 are the bound; in the core e^z is off by 1 ulp.
      const [a, dz] = run(engine, "softmax", z, v);
      expect(error(a, values, 1)).toBeLessThan(tolerance);
      expect(error(dz, product, 1)).toBeLessThan(tolerance);
    }
  });
});
