import { describe, expect, test } from "vitest";
import { cosineOfPi, integerPower } from "../src/training/exactMath";
import { monitoredValue } from "../src/training/monitor";
import {
  cosineDecay, exponentialDecay, oneCycle, reduceOnPlateau, resolveSchedule, type ScheduleSpec, stepDecay, warmUp,
} from "../src/training/schedules";
import { readGolden } from "./support/golden";
import { refused } from "./support/refusals";

interface Timed { spec: ScheduleSpec; base: number; rates: number[] }
interface Plateau { spec: ScheduleSpec; base: number; values: (number | null)[]; rates: number[] }

const golden = readGolden<{ timed: Timed[]; plateau: Plateau[]; cosines: [x: number, cosine: number][] }>("schedules");

/** PyTorch goes from one rate to the next, and so adds a rounding each time, or two: 2^-53 · 300, of the base where it subtracts. */
const TOLERANCE = 1e-13;

function expectClose(rate: number, expected: number, base: number): void {
  expect(Math.abs(rate - expected)).toBeLessThanOrEqual(TOLERANCE * base);
}

describe("the learning rates are PyTorch's:", () => {
  test.each(golden.timed)("$spec", ({ spec, base, rates }) => {
    for (const per of ["epoch", "step"] as const) {
      const schedule = resolveSchedule("schedule", { ...spec, per });
      expect(schedule).toMatchObject({ name: spec.type, per });
      rates.forEach((expected, t) => expectClose(schedule.rate(base, t), expected, base));
    }
  });

  test.each(golden.plateau)("$spec", ({ spec, base, values, rates }) => {
    const { plateau, rate } = resolveSchedule("schedule", spec);
    let state = plateau!.start;
    expect(rate(base, 0, state)).toBe(base);
    values.forEach((value, n) => {
      const before = JSON.stringify(state);
      const after = plateau!.observe(state, value ?? NaN);
      expect(JSON.stringify(state)).toBe(before);
      // As a file would hold it.
      state = JSON.parse(JSON.stringify(after));
      expect(Math.abs(rate(base, n + 1, state) / rates[n] - 1)).toBeLessThan(TOLERANCE);
    });
  });
});

describe("the learning rates", () => {
  test("of small factors are relatively exact, however small they get", () => {
    const { rate } = resolveSchedule("schedule", exponentialDecay({ factor: 0.5 }));
    for (const t of [0, 1, 10, 500, 1000]) expect(rate(1, t)).toBe(2 ** -t);
    expect(rate(1, 2000)).toBe(0);
  });

  test("of a constant and of a plateau that nobody has seen are the base", () => {
    for (const t of [0, 1, 1e9]) {
      expect(resolveSchedule("schedule", "constant").rate(0.3, t)).toBe(0.3);
      expect(resolveSchedule("schedule", { type: "constant" }).rate(0.3, t)).toBe(0.3);
      expect(resolveSchedule("schedule", "reduceOnPlateau").rate(0.3, t)).toBe(0.3);
    }
  });

  test("of a cycle stay at its end, and begin at its top where it has no way up", () => {
    const { rate } = resolveSchedule("schedule", oneCycle({ steps: 20 }));
    for (const t of [20, 21, 1e6]) expect(rate(1, t)).toBe(rate(1, 19));
    expect(rate(1, 19)).toBeCloseTo(4e-6, 18);
    expect(resolveSchedule("schedule", oneCycle({ steps: 10, warmUp: 0.1 })).rate(1, 0)).toBe(1);
    expect(resolveSchedule("schedule", oneCycle({ steps: 1, warmUp: 1 })).rate(1, 0)).toBe(1);
    expect(resolveSchedule("schedule", oneCycle({ steps: 1 })).rate(1, 0)).toBeCloseTo(4e-6, 18);
  });

  test("of a cosine begin anew after each period, long after as well", () => {
    const { rate } = resolveSchedule("schedule", cosineDecay({ period: 7 }));
    expect(rate(0.1, 7_000_000)).toBe(0.1);
    expect(rate(0.1, 7_000_003)).toBe(rate(0.1, 3));
    const doubled = resolveSchedule("schedule", cosineDecay({ period: 3, periodFactor: 2 }));
    expect([0, 3, 9, 21, 45].map((t) => doubled.rate(0.1, t))).toEqual([0.1, 0.1, 0.1, 0.1, 0.1]);
  });
});

describe("what a schedule counts", () => {
  test("is by default epochs, and steps where it is about single steps", () => {
    const per = (spec: ScheduleSpec) => resolveSchedule("schedule", spec).per;
    expect([{ type: "constant" } as const, stepDecay({ every: 2 }), exponentialDecay({ factor: 0.9 }), cosineDecay({ period: 3 }), reduceOnPlateau()].map(per))
      .toEqual(new Array(5).fill("epoch"));
    expect([oneCycle({ steps: 5 }), warmUp({ steps: 5 }), warmUp({ steps: 5, then: cosineDecay({ period: 9 }) })].map(per))
      .toEqual(new Array(3).fill("step"));
    expect(per(warmUp({ steps: 5, per: "epoch", then: "constant" }))).toBe("epoch");
  });

  test("is the same after a warm-up", () => {
    const { rate } = resolveSchedule("schedule", warmUp({ steps: 4, from: 0, then: stepDecay({ every: 3, per: "step" }) }));
    expect([0, 1, 2, 3, 4, 6, 7].map((t) => rate(1, t))).toEqual([0, 0.25, 0.5, 0.75, 1, 1, 0.1]);
  });
});

test("a plateau of the loss is by default the validation's, where there is one", () => {
  const { plateau } = resolveSchedule("schedule", reduceOnPlateau());
  expect(plateau!.monitor).toBeUndefined();
  expect(monitoredValue("validationAccuracy", { loss: 1, validation: { loss: 2, accuracy: 0.5 } })).toBe(0.5);
  expect(monitoredValue("validationAccuracy", { loss: 1, validation: { loss: 2 } })).toBeNaN();
  expect(monitoredValue("validationLoss", { loss: 1 })).toBeNaN();
});

describe("the cosine of π x", () => {
  test("is exact to 2 ulp, and to 1e-15", () => {
    let worst = 0;
    for (const [x, expected] of golden.cosines) {
      const error = Math.abs(cosineOfPi(x) - expected);
      expect(error).toBeLessThanOrEqual(1e-15);
      worst = Math.max(worst, error / ulp(expected));
    }
    expect(worst).toBeLessThanOrEqual(2);
  });

  test("is exact where it is rational", () => {
    expect([0, 0.5, 1].map(cosineOfPi)).toEqual([1, 0, -1]);
  });

  /** The distance to the next number. */
  function ulp(x: number): number {
    return x === 0 ? Number.MIN_VALUE : 2 ** (Math.floor(Math.log2(Math.abs(x))) - 52);
  }
});

test("powers are products", () => {
  for (const x of [0.9, 0.1, 1, 0.99999]) {
    let product = 1;
    for (let n = 0; n < 200; n++) {
      expect(Math.abs(integerPower(x, n) / product - 1)).toBeLessThan(1e-13);
      product *= x;
    }
  }
  expect(integerPower(0.3, 0)).toBe(1);
});

describe("is refused, by name:", () => {
  const wrong: [option: unknown, code: string, says: string | RegExp][] = [
    [undefined, "type", /^schedule: expected one of constant, .*, reduceOnPlateau, got undefined/],
    [null, "type", /^schedule: .* got null/],
    [3, "type", /^schedule: .* got 3/],
    ["cosine", "unknown", /^schedule: .* got "cosine"/],
    [[], "type", /^schedule\.type: .* got undefined/],
    [{ type: "sgd" }, "unknown", /^schedule\.type: .* got "sgd"/],
    ["stepDecay", "type", /^schedule\.every: expected a whole number, at least 1, got undefined/],
    [{ type: "constant", per: "epoch" }, "unknown", /^schedule\.per: no such option/],
    [{ type: "stepDecay", every: 0 }, "range", /^schedule\.every: .* got 0/],
    [{ type: "stepDecay", every: 1.5 }, "range", /^schedule\.every: .* got 1.5/],
    [{ type: "stepDecay", every: 2, factor: 0 }, "range", /^schedule\.factor: expected a finite number greater than 0 and at most 1, got 0/],
    [{ type: "stepDecay", every: 2, factor: null }, "type", /^schedule\.factor: .* got null/],
    [{ type: "stepDecay", every: 2, gamma: 0.1 }, "unknown", /^schedule\.gamma: no such option; there are type, every, factor, per/],
    [{ type: "stepDecay", every: 2, per: "batch" }, "unknown", /^schedule\.per: expected one of epoch, step, got "batch"/],
    [exponentialDecay({ factor: 1.1 }), "range", /^schedule\.factor: .* got 1.1/],
    [{ type: "exponentialDecay" }, "type", /^schedule\.factor: .* got undefined/],
    [cosineDecay({ period: 0 }), "range", /^schedule\.period: /],
    [cosineDecay({ period: 3, periodFactor: 1.5 }), "range", /^schedule\.periodFactor: /],
    [cosineDecay({ period: 3, minimum: -1 }), "range", /^schedule\.minimum: /],
    [cosineDecay({ period: Infinity }), "range", /^schedule\.period: .* got Infinity/],
    [oneCycle({ steps: 0 }), "range", /^schedule\.steps: /],
    [oneCycle({ steps: 9, warmUp: 1.1 }), "range", /^schedule\.warmUp: /],
    [oneCycle({ steps: 9, initialFactor: 0 }), "range", /^schedule\.initialFactor: /],
    [oneCycle({ steps: 9, finalFactor: 2 }), "range", /^schedule\.finalFactor: /],
    [oneCycle({ steps: 9, anneal: "cos" as "cosine" }), "unknown", /^schedule\.anneal: expected one of cosine, linear, got "cos"/],
    [warmUp({ steps: 0 }), "range", /^schedule\.steps: /],
    [warmUp({ steps: 3, from: -0.1 }), "range", /^schedule\.from: /],
    [warmUp({ steps: 3, then: "stepDecay" as "constant" }), "type", /^schedule\.then\.every: /],
    [{ ...warmUp({ steps: 3 }), then: null }, "type", /^schedule\.then: .* got null/],
    [{ ...warmUp({ steps: 3 }), then: warmUp({ steps: 3 }) }, "unknown", /^schedule\.then\.type: .* got "warmUp"/],
    [{ ...warmUp({ steps: 3 }), then: reduceOnPlateau() }, "unknown", /^schedule\.then\.type: .* got "reduceOnPlateau"/],
    [warmUp({ steps: 3, then: cosineDecay({ period: 5, per: "epoch" }) }), "conflict", /^schedule\.then\.per: expected .*"step", got "epoch"/],
    [reduceOnPlateau({ factor: 1 }), "range", /^schedule\.factor: .* less than 1, got 1/],
    [reduceOnPlateau({ patience: -1 }), "range", /^schedule\.patience: /],
    [reduceOnPlateau({ threshold: -1 }), "range", /^schedule\.threshold: /],
    [reduceOnPlateau({ thresholdMode: "rel" as "relative" }), "unknown", /^schedule\.thresholdMode: /],
    [reduceOnPlateau({ cooldown: 0.5 }), "range", /^schedule\.cooldown: /],
    [reduceOnPlateau({ minimum: NaN }), "range", /^schedule\.minimum: /],
    [reduceOnPlateau({ monitor: "accuracy" as "loss" }), "unknown", /^schedule\.monitor: expected one of loss, validationLoss, validationAccuracy/],
    [{ ...reduceOnPlateau(), per: "step" }, "unknown", /^schedule\.per: no such option/],
  ];
  test.each(wrong)("%j", async (option, code, says) => {
    const error = await refused(() => resolveSchedule("schedule", option));
    expect(error.message).toMatch(says);
    expect(error.code).toBe(code);
  });
});
