import { afterEach, describe, expect, test, vi } from "vitest";
import {
  adam, batchNorm, dense, dropout, type EarlyStoppingOption, type EpochReport, type FitOptions, type History, type Monitor, Network, type NetworkSpec, sgd, Trainer,
} from "../src/index";
import { SeededNumbers } from "./support/numbers";
import { refused } from "./support/refusals";

const numbers = new SeededNumbers(51);
const spec: NetworkSpec = { input: 6, layers: [dense(24, "relu"), batchNorm(), dropout(0.1), dense(3, "softmax")], seed: 8 };

/** Few rows with labels by chance: what is learned of them is of no use for others. */
function noise(rows: number) {
  const x = numbers.array(rows * 6);
  return { x, y: Array.from({ length: rows }, (_, row) => (numbers.uniform(0, 1) < 0.5 ? numbers.below(3) : x[row * 6] > 0 ? 1 : 2)) };
}
const data = noise(60), validation = noise(60);

afterEach(() => vi.restoreAllMocks());

interface Trained {
  history: History;
  /** The parameters after each epoch, and in the end. */
  after: Record<string, unknown>[];
  last: Record<string, unknown>;
  steps: number;
}

async function train(earlyStopping: EarlyStoppingOption | undefined, options: FitOptions = {}): Promise<Trained> {
  using network = await Network.create(spec);
  const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: adam({ learningRate: 0.01 }) });
  const after: Trained["after"] = [];
  const history = await trainer.fit(data, {
    epochs: 40, batchSize: 10, validation, ...(earlyStopping === undefined ? {} : { earlyStopping }), ...options,
    onEpoch: () => { after.push(network.parameters()); },
  });
  return { history, after, last: network.parameters(), steps: trainer.steps };
}

const valueOf: Record<Monitor, (report: EpochReport) => number> = {
  loss: ({ loss }) => loss, validationLoss: ({ validation }) => validation!.loss, validationAccuracy: ({ validation }) => validation!.accuracy!,
};

/** Where a training of all epochs would have been stopped, by the definition. */
function endOf(epochs: EpochReport[], monitor: Monitor, patience: number, minDelta: number): { best: number; end: number | undefined } {
  const sign = monitor === "validationAccuracy" ? 1 : -1;
  const values = epochs.map((report) => sign * valueOf[monitor](report));
  let best = 0;
  for (let n = 1; n < values.length; n++) {
    if (values[n] > values[best] + minDelta) best = n;
    else if (n - best >= Math.max(patience, 1)) return { best, end: n };
  }
  return { best, end: undefined };
}

describe("a training is stopped early", () => {
  const monitors: Monitor[] = ["loss", "validationLoss", "validationAccuracy"];
  const cases = monitors.flatMap((monitor) => [[0, 0], [1, 0], [3, 0], [2, 0.02], [5, 0.1], [60, 0]].map(([patience, minDelta]) => ({ monitor, patience, minDelta })));

  test.each(cases)("where it says, and gets its best epoch back: %j", async (option) => {
    const whole = await train(undefined);
    const { best, end } = endOf(whole.history.epochs, option.monitor, option.patience, option.minDelta);
    const { history, after, last, steps } = await train({ ...option });
    expect(history.epochs.map(({ seconds: _, ...report }) => report)).toEqual(whole.history.epochs.slice(0, (end ?? 39) + 1).map(({ seconds: _, ...report }) => report));
    expect(history.stopped).toBe(end === undefined ? "completed" : "earlyStopped");
    expect(history.best).toEqual({ epoch: best + 1, value: valueOf[option.monitor](history.epochs[best]) });
    // The bits of the best epoch, its running statistics as well.
    expect(last).toEqual(after[best]);
    expect(after).toEqual(whole.after.slice(0, after.length));
    expect(steps).toBe(history.epochs.length * 6);
    const kept = await train({ ...option, restoreBest: false });
    expect(kept.last).toEqual(after.at(-1));
    expect(kept.history.best).toEqual(history.best);
  });

  test("by the validation's loss after five epochs, by default", async () => {
    const [one, other] = [await train(true), await train({ monitor: "validationLoss", patience: 5, minDelta: 0, restoreBest: true })];
    expect(one.history.best).toEqual(other.history.best);
    expect(one.history.epochs).toHaveLength(other.history.epochs.length);
    expect(one.history.stopped).toBe("earlyStopped");
    expect(one.last).toEqual(other.last);
  });

  test("not at all where it is false", async () => {
    const { history, after, last } = await train(false);
    expect([history.epochs.length, history.stopped, history.best]).toEqual([40, "completed", undefined]);
    expect(last).toEqual(after.at(-1));
  });

  test("anew in each fit: what an earlier one has seen doesn't count", async () => {
    using network = await Network.create(spec);
    const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: sgd({ learningRate: 1e-20 }) });
    for (let call = 0; call < 2; call++) {
      const { epochs, stopped, best } = await trainer.fit(data, { epochs: 9, validation, earlyStopping: { monitor: "validationLoss", patience: 3, minDelta: 100 } });
      expect([epochs.length, stopped, best!.epoch]).toEqual([4, "earlyStopped", 1]);
    }
  });

  test("in a loop over epochs as well: the last of them is the one that stops it, and the best is back after the loop", async () => {
    const { history, last } = await train({ patience: 2 });
    using network = await Network.create(spec);
    const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: adam({ learningRate: 0.01 }) });
    let count = 0;
    for await (const { epoch } of trainer.epochs(data, { epochs: 40, batchSize: 10, validation, earlyStopping: { patience: 2 } })) count = epoch;
    expect(count).toBe(history.epochs.length);
    expect(network.parameters()).toEqual(last);
  });

  test("not where an abort comes first: the network stays as it is, and there is no best", async () => {
    using network = await Network.create(spec);
    const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: adam({ learningRate: 0.01 }) });
    const controller = new AbortController();
    let after: unknown;
    const onEpoch = ({ epoch }: EpochReport) => {
      if (epoch < 4) return;
      after = network.parameters();
      controller.abort();
    };
    const history = await trainer.fit(data, { epochs: 40, batchSize: 10, earlyStopping: { monitor: "loss", minDelta: 10 }, signal: controller.signal, onEpoch });
    expect(history).toMatchObject({ stopped: "aborted" });
    expect(history).not.toHaveProperty("best");
    expect(network.parameters()).toEqual(after);
  });
});

test("the best epoch's parameters are those before onEpoch and the loop's body change them", async () => {
  using network = await Network.create(spec);
  const trainer = new Trainer(network, { loss: "crossEntropy", optimizer: sgd({ learningRate: 1e-20 }) });
  const before = network.parameters()["0.weight"];
  const zero = { "0.weight": { data: new Float32Array(before.data.length) } };
  await trainer.fit(data, { epochs: 2, earlyStopping: { monitor: "loss", minDelta: 10 }, onEpoch: () => network.setParameters(zero) });
  expect(network.parameters()["0.weight"]).toEqual(before);
});

describe("refused, by name:", () => {
  const wrong: [options: FitOptions, code: string, says: RegExp][] = [
    [{ earlyStopping: null as never }, "type", /^options\.earlyStopping: expected an object, got null/], [{ earlyStopping: 3 as never }, "type", /^options\.earlyStopping/],
    [{ earlyStopping: { patience: -1 } }, "range", /^options\.earlyStopping\.patience/], [{ earlyStopping: { monitor: "accuracy" as never } }, "unknown", /^options\.earlyStopping\.monitor/],
    [{ earlyStopping: { monitor: "validationLoss" } }, "conflict", /^options\.earlyStopping\.monitor: validationLoss needs validation data/],
    [{ earlyStopping: { baseline: 1 } as never }, "unknown", /^options\.earlyStopping\.baseline: no such option/],
  ];
  test.each(wrong)("%j", async (options, code, says) => {
    using network = await Network.create(spec);
    const trainer = new Trainer(network, { loss: "crossEntropy" });
    for (const call of [() => trainer.fit(data, options), () => trainer.epochs(data, options).next()]) {
      const error = await refused(call);
      expect(error.message).toMatch(says);
      expect(error.code).toBe(code);
    }
  });

  test("an accuracy where the loss has none", async () => {
    using network = await Network.create({ input: 6, layers: [dense(2)] });
    const trainer = new Trainer(network, { loss: "huber" });
    const both = { x: data.x, y: numbers.array(120) };
    const error = await refused(() => trainer.fit(both, { validation: both, earlyStopping: { monitor: "validationAccuracy" } }));
    expect(error.message).toMatch(/^options\.earlyStopping\.monitor: validationAccuracy needs a loss that has an accuracy/);
  });
});
