import { afterEach, describe, expect, test, vi } from "vitest";
import {
  adam, cosineDecay, type Data, dense, exponentialDecay, type FitOptions, Network, oneCycle, reduceOnPlateau, type ScheduleOption, sgd, stepDecay, Trainer,
  type TrainerOptions, warmUp,
} from "../src/index";
import { resolveSchedule } from "../src/training/schedules";
import { createExact, exactParameters } from "./support/exact";
import { SeededNumbers } from "./support/numbers";
import { refused } from "./support/refusals";

// A network whose gradient is always −1: a bias that is far below its target. Each step of SGD then adds its learning rate to it.

const BASE = 0.125;
/** Rows of a task in which only the bias is of any use. */
const task = (rows: number): Data => ({ x: new Float32Array(rows), y: new Float32Array(rows).fill(1e6) });
const optionsOf = (schedule?: ScheduleOption): TrainerOptions => (
  { loss: "meanAbsoluteError", optimizer: sgd({ learningRate: BASE }), ...(schedule === undefined ? {} : { schedule }) }
);
const spec = { input: 1, layers: [dense(1)] };
const biasOf = (network: Network) => exactParameters(network)["0.bias"][0];

/** A clock that stands at each look at it for so many milliseconds: slices of one step, or of ever more. */
function clock(step: number): void {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now += step);
}
afterEach(() => vi.restoreAllMocks());

const schedules: ScheduleOption[] = [
  "constant",
  ...(["epoch", "step"] as const).flatMap((per): ScheduleOption[] => [
    stepDecay({ every: 3, factor: 0.5, per }), exponentialDecay({ factor: 0.75, per }), cosineDecay({ period: 4, minimum: 0.01, per }),
    cosineDecay({ period: 2, periodFactor: 2, per }), oneCycle({ steps: 11, per }), oneCycle({ steps: 5, anneal: "linear", warmUp: 0.5, per }),
    warmUp({ steps: 4, per }), warmUp({ steps: 3, from: 0, then: exponentialDecay({ factor: 0.5, per }), per }),
  ]),
];

/** The learning rate of step `step` in epoch `epoch`, from 0. */
function rateOf(schedule: ScheduleOption, base: number, step: number, epoch: number): number {
  const { rate, per } = resolveSchedule("schedule", schedule);
  return rate(base, per === "step" ? step : epoch);
}

/** Sums of some dozen numbers of 53 bits. */
const EXACT = 1e-12;

describe("fit takes the learning rates of", () => {
  test.each(schedules)("%j", async (schedule) => {
    for (const speed of [20, 0]) {
      clock(speed);
      using network = createExact(spec);
      const trainer = new Trainer(network, optionsOf(schedule));
      expect(trainer.learningRate).toBe(rateOf(schedule, BASE, 0, 0));
      let bias = biasOf(network), done = 0;
      const epochs = 6;
      for (let call = 0; call < 2; call++) {
        const start = done;
        const onProgress = ({ epoch, step, steps }: { epoch: number; step: number; steps: number }) => {
          const now = start + (epoch - 1) * steps + step;
          for (; done < now; done++) bias += rateOf(schedule, BASE, done, Math.floor(done / steps));
          expect(Math.abs(biasOf(network) - bias)).toBeLessThan(EXACT);
          // That of the next step; that of the next epoch when this one is finished.
          if (step < steps) expect(trainer.learningRate).toBe(rateOf(schedule, BASE, now, Math.floor(now / steps)));
        };
        const onEpoch = () => expect(trainer.learningRate).toBe(rateOf(schedule, BASE, done, done / 3));
        await trainer.fit(task(17), { epochs: epochs / 2, batchSize: 6, onProgress, onEpoch });
      }
      expect(trainer.steps).toBe(3 * epochs);
      vi.restoreAllMocks();
    }
  });

  test("a schedule of steps counts updates, not batches, where several make one", async () => {
    const schedule = exponentialDecay({ factor: 0.5, per: "step" });
    for (const accumulate of [2, 3, 7]) {
      using network = createExact(spec);
      const before = biasOf(network);
      const trainer = new Trainer(network, optionsOf(schedule));
      await trainer.fit(task(70), { epochs: 1, batchSize: 10, accumulate });
      let sum = 0;
      for (let step = 0; step < Math.ceil(7 / accumulate); step++) sum += BASE * 0.5 ** step;
      expect(Math.abs(biasOf(network) - before - sum)).toBeLessThan(EXACT);
      expect(trainer.learningRate).toBe(BASE * 0.5 ** trainer.steps);
    }
  });

  test("thousands of steps in a slice each have their own, in the core", async () => {
    // As in a runtime whose clock stands still while code runs: slices grow to their largest.
    clock(0);
    const schedule = stepDecay({ every: 100, factor: 0.9, per: "step" });
    using network = await Network.create(spec);
    const trainer = new Trainer(network, optionsOf(schedule));
    await trainer.fit(task(20_000), { epochs: 1, batchSize: 1 });
    let bias = Math.fround(0);
    for (let step = 0; step < 20_000; step++) bias = Math.fround(bias + Math.fround(BASE * 0.9 ** Math.floor(step / 100)));
    expect(network.parameters()["0.bias"].data[0] / bias).toBeCloseTo(1, 5);
    expect(trainer.learningRate / (BASE * 0.9 ** 200)).toBeCloseTo(1, 12);
  });
});

describe("steps by hand", () => {
  test.each(schedules)("take those of %j as well, and those of an epoch are all the same", async (schedule) => {
    using network = createExact(spec);
    const trainer = new Trainer(network, optionsOf(schedule));
    let bias = biasOf(network);
    for (let step = 0; step < 13; step++) {
      const rate = rateOf(schedule, BASE, step, 0);
      expect(trainer.learningRate).toBe(rate);
      trainer.step([0], [1e6]);
      bias += rate;
      expect(Math.abs(biasOf(network) - bias)).toBeLessThan(EXACT);
    }
  });

  test("and fit by turns go on with the same counts", async () => {
    for (const per of ["step", "epoch"] as const) {
      const schedule = exponentialDecay({ factor: 0.5, per });
      using network = createExact(spec);
      const trainer = new Trainer(network, optionsOf(schedule));
      const before = biasOf(network);
      trainer.step([0], [1e6]);
      await trainer.fit(task(4), { epochs: 1, batchSize: 2 });
      trainer.step([0], [1e6]);
      trainer.gradients([0], [1e6]);
      await trainer.evaluate(task(3));
      await trainer.fit(task(4), { epochs: 1, batchSize: 2 });
      const rates = per === "step" ? [1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32] : [1, 1, 1, 1 / 2, 1 / 2, 1 / 2];
      expect(Math.abs(biasOf(network) - before - BASE * rates.reduce((sum, rate) => sum + rate))).toBeLessThan(EXACT);
      expect(trainer.learningRate).toBe(BASE / (per === "step" ? 64 : 4));
    }
  });
});

describe("trainer.learningRate", () => {
  test.each(schedules)("sets the base of %j", async (schedule) => {
    clock(20);
    using network = createExact(spec);
    const trainer = new Trainer(network, optionsOf(schedule));
    let bias = biasOf(network), base = BASE, done = 0;
    const onProgress = ({ epoch, step, steps }: { epoch: number; step: number; steps: number }) => {
      bias += rateOf(schedule, base, done, epoch - 1);
      done++;
      expect(Math.abs(biasOf(network) - bias)).toBeLessThan(EXACT);
      if (step !== 2) return;
      base /= 2;
      trainer.learningRate = base;
      expect(trainer.learningRate).toBe(rateOf(schedule, base, done, Math.floor(done / steps)));
    };
    await trainer.fit(task(12), { epochs: 4, batchSize: 4, onProgress });
    expect(done).toBe(12);
    trainer.learningRate = 3;
    expect(trainer.learningRate).toBe(rateOf(schedule, 3, 12, 4));
  });

  test.each([[0, "range"], [-1, "range"], [NaN, "range"], [1e7, "range"], ["0.1", "type"], [null, "type"], [undefined, "type"]])("%o is refused, and changes nothing", async (rate, code) => {
    using network = await Network.create(spec);
    const trainer = new Trainer(network, optionsOf(exponentialDecay({ factor: 0.5 })));
    const error = await refused(() => { trainer.learningRate = rate as number; });
    expect(error.message).toMatch(/^learningRate: expected a finite number greater than 0 and at most 1e6|^learningRate: /);
    expect(error.code).toBe(code);
    await trainer.fit(task(2), { epochs: 1 });
    expect(trainer.learningRate).toBe(BASE / 2);
  });
});

describe("reduceOnPlateau", () => {
  const numbers = new SeededNumbers(61);
  const x = numbers.array(4 * 40), y = Array.from({ length: 40 }, () => numbers.below(3));
  const data = { x, y }, validation = { x: numbers.array(4 * 40), y: Array.from({ length: 40 }, () => numbers.below(3)) };

  const cases: [options: Parameters<typeof reduceOnPlateau>[0], watched: "loss" | "validationLoss" | "validationAccuracy", fit: FitOptions][] = [
    [{ patience: 0, factor: 0.5 }, "loss", {}], [{ patience: 1, factor: 0.5 }, "validationLoss", { validation }],
    [{ patience: 0, factor: 0.3, monitor: "loss", threshold: 0.01 }, "loss", { validation }],
    [{ patience: 1, factor: 0.5, monitor: "validationAccuracy", threshold: 0.05, thresholdMode: "absolute", cooldown: 1 }, "validationAccuracy", { validation }],
    [{ patience: 0, factor: 0.1, minimum: 1e-3 }, "validationLoss", { validation }],
  ];
  test.each(cases)("%j follows what it watches, over several fits", async (options, watched, fit) => {
    using network = await Network.create({ input: 4, layers: [dense(16, "relu"), dense(3, "softmax")], seed: 3 });
    const schedule = reduceOnPlateau(options);
    const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: adam({ learningRate: 0.05 }), schedule });
    const { plateau, rate } = resolveSchedule("schedule", schedule);
    let state = plateau!.start, reductions = 0;
    for (let call = 0; call < 3; call++) {
      for await (const report of trainer.epochs(data, { epochs: 8, ...fit })) {
        const value = watched === "loss" ? report.loss : watched === "validationLoss" ? report.validation!.loss : report.validation!.accuracy!;
        const before = rate(0.05, 0, state);
        state = plateau!.observe(state, value);
        expect(trainer.learningRate).toBe(rate(0.05, 0, state));
        if (trainer.learningRate < before) reductions++;
      }
    }
    expect(reductions).toBeGreaterThan(1);
    trainer.learningRate = 0.5;
    expect(trainer.learningRate).toBe(rate(0.5, 0, state));
  });

  test("of what there is not is refused by fit, before anything is done", async () => {
    using network = await Network.create({ input: 4, layers: [dense(3, "softmax")], seed: 3 });
    const trainer = new Trainer(network, { loss: "crossEntropy", schedule: reduceOnPlateau({ monitor: "validationAccuracy" }) });
    const before = trainer.save();
    const error = await refused(() => trainer.fit(data));
    expect(error.message).toMatch(/^options\.schedule\.monitor: validationAccuracy needs validation data/);
    expect(error.code).toBe("conflict");
    expect(Buffer.compare(trainer.save(), before)).toBe(0);
    await trainer.fit(data, { epochs: 1, validation });
  });
});

const wrong: [schedule: unknown, code: string, says: RegExp][] = [
  ["fast", "unknown", /^options\.schedule: expected one of/], [null, "type", /^options\.schedule/], [{ type: "stepDecay" }, "type", /^options\.schedule\.every/],
  [{ type: "cosineDecay", period: 0 }, "range", /^options\.schedule\.period/], [{ type: "oneCycle", steps: 10, momentum: 1 }, "unknown", /^options\.schedule\.momentum: no such option/],
  [{ type: "warmUp", steps: 3, then: { type: "stepDecay", every: 2, per: "epoch" } }, "conflict", /^options\.schedule\.then\.per/],
  [{ type: "exponentialDecay", factor: 0.5, per: "batch" }, "unknown", /^options\.schedule\.per/],
];
test.each(wrong)("the schedule %j is refused", async (schedule, code, says) => {
  using network = await Network.create(spec);
  const error = await refused(() => new Trainer(network, optionsOf(schedule as ScheduleOption)));
  expect(error.message).toMatch(says);
  expect(error.code).toBe(code);
});
