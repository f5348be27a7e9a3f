import { afterEach, describe, expect, test, vi } from "vitest";
import {
  adam, batchNorm, type Data, type DataStream, dense, dropout, type ErrorCode, type FitOptions, momentum, Network, Trainer, type TrainerOptions,
} from "../src/index";
import { Diagnosis } from "../src/diagnosis";
import { SeededNumbers } from "./support/numbers";
import { expectRefusal } from "./support/refusals";

// Data that come in batches: the same bits as data at hand, and what is wrong with a stream.

const ROWS = 100;
const numbers = new SeededNumbers(8);
const x = numbers.array(4 * ROWS);
const y = Array.from({ length: ROWS }, (_, row) => row % 3);
const weights = numbers.array(ROWS, 0, 2);
const targets = numbers.array(3 * ROWS, 0, 1);

/** Expects a call to be refused. */
const refused = (call: () => unknown, code: ErrorCode, says: RegExp) => expectRefusal({ name: "", call, code, says }, undefined);

type Form = "labels" | "weighted labels" | "targets";
const FORMS: readonly Form[] = ["labels", "weighted labels", "targets"];
const whole: Record<Form, Data> = { "labels": { x, y }, "weighted labels": { x, y, weights }, "targets": { x, y: targets } };

/** Rows [from, to). */
function rowsOf(form: Form, from: number, to: number): Data {
  if (form === "targets") return { x: x.subarray(from * 4, to * 4), y: targets.subarray(from * 3, to * 3) };
  return { x: x.subarray(from * 4, to * 4), y: y.slice(from, to), ...(form === "labels" ? {} : { weights: weights.subarray(from, to) }) };
}

/** Batches of these sizes, over and over, some of them empty. */
function stream(sizes: readonly number[], form: Form = "labels", rows = ROWS): () => Generator<Data, void, undefined> {
  return function* () {
    for (let from = 0, n = 0; from < rows; n++) {
      const to = Math.min(rows, from + sizes[n % sizes.length]!);
      yield rowsOf(form, from, to);
      from = to;
    }
  };
}

async function createTrainer(form: Form = "labels", options: Partial<TrainerOptions> = {}): Promise<Trainer> {
  const head = form === "targets" ? dense(3, "sigmoid") : dense(3, "softmax");
  const network = await Network.create({ input: 4, layers: [dense(9, "relu"), batchNorm(), dropout(0.2), head], seed: 3 });
  return new Trainer(network, { loss: form === "targets" ? "meanSquaredError" : "crossEntropy", optimizer: adam({ learningRate: 0.02 }), ...options });
}

/** What a training gave, as it is bit for bit, but for the seconds; the network goes. */
async function outcomeOf(trainer: Trainer, data: Data | DataStream, options: FitOptions) {
  const { epochs, stopped } = await trainer.fit(data, options);
  const parameters = trainer.network.parameters();
  const evaluation = await trainer.evaluate(data);
  trainer.network.dispose();
  return { epochs: epochs.map(({ seconds, ...rest }) => rest), stopped, parameters, evaluation };
}

describe("a stream gives the bits of data at hand", () => {
  test.each(FORMS.flatMap((form) => [[1], [7], [100], [1, 0, 50, 3]].map((sizes) => ({ form, sizes }))))("$form in batches of $sizes, shuffled in a buffer that holds all", async ({ form, sizes }) => {
    const options: FitOptions = { epochs: 3, batchSize: 8 };
    const expected = await outcomeOf(await createTrainer(form), whole[form], options);
    expect(await outcomeOf(await createTrainer(form), stream(sizes, form), options)).toEqual(expected);
  });

  test.each([8, 16, 24, 96, 100, 104, 1])("in order, whatever the buffer holds: %d rows", async (bufferRows) => {
    const options: FitOptions = { epochs: 3, batchSize: 8, shuffle: false };
    const expected = await outcomeOf(await createTrainer(), whole.labels, options);
    expect(await outcomeOf(await createTrainer(), stream([13, 2]), { ...options, bufferRows })).toEqual(expected);
  });

  test.each([8, 100])("with gradients of several batches for an update, and batches of %d", async (batchSize) => {
    const options: FitOptions = { epochs: 2, batchSize, accumulate: 3, shuffle: false };
    const expected = await outcomeOf(await createTrainer(), whole.labels, options);
    expect(await outcomeOf(await createTrainer(), stream([13]), { ...options, bufferRows: 20 })).toEqual(expected);
  });

  test("as an array, an async generator's function, and a stream of the web", async () => {
    const options: FitOptions = { epochs: 1, batchSize: 8 };
    const batches = [...stream([30])()];
    const expected = await outcomeOf(await createTrainer(), whole.labels, options);
    const { evaluation, ...training } = expected;
    expect(await outcomeOf(await createTrainer(), batches, options)).toEqual(expected);
    expect(await outcomeOf(await createTrainer(), async function* () { yield* batches; }, options)).toEqual(expected);
    const trainer = await createTrainer();
    const web = () => new ReadableStream<Data>({ start: (controller) => { batches.forEach((batch) => controller.enqueue(batch)); controller.close(); } });
    const { epochs } = await trainer.fit(web(), options);
    expect(epochs[0]!.loss).toBe(training.epochs[0]!.loss);
    expect(trainer.network.parameters()).toEqual(training.parameters);
    expect(await trainer.evaluate(web())).toEqual(evaluation);
    const controller = new AbortController();
    const letGo = vi.fn();
    const endless = new ReadableStream<Data>({ pull: (into) => into.enqueue(batches[0]), cancel: letGo });
    await trainer.fit(endless, { ...options, bufferRows: 8, signal: controller.signal, onProgress: () => controller.abort() });
    expect(letGo).toHaveBeenCalledOnce();
    trainer.network.dispose();
  });

  test("as validation", async () => {
    const options: FitOptions = { epochs: 3, batchSize: 8 };
    const expected = await outcomeOf(await createTrainer(), whole.labels, { ...options, validation: whole["weighted labels"] });
    expect(expected.epochs[2]!.validation!.accuracy).toBeGreaterThan(0);
    expect(await outcomeOf(await createTrainer(), whole.labels, { ...options, validation: stream([9], "weighted labels"), bufferRows: 16 })).toEqual(expected);
  });

  test("looked into by a diagnosis", async () => {
    const options: FitOptions = { epochs: 3, batchSize: 8, bufferRows: 32 };
    const expected = await outcomeOf(await createTrainer(), stream([9]), options);
    const diagnosis = new Diagnosis({ every: 1 });
    expect(await outcomeOf(await createTrainer(), stream([9]), { ...options, diagnosis })).toEqual(expected);
    expect(diagnosis.record.samples.length).toBeGreaterThan(5);
  });

  test("with another optimizer in the middle of an epoch that goes on", async () => {
    const options: FitOptions = { epochs: 3, batchSize: 8, bufferRows: 24 };
    const optimizer = momentum({ learningRate: 0.05 });
    const expected = await outcomeOf(await createTrainer("labels", { optimizer }), stream([9]), options);
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now += 20);
    for (const [epoch, step] of [[1, 1], [1, 3], [1, 12], [1, 13], [2, 4], [3, 12]] as const) {
      const first = await createTrainer("labels", { optimizer });
      const controller = new AbortController();
      const onProgress: FitOptions["onProgress"] = (at) => { if (at.epoch === epoch && at.step === step) controller.abort(); };
      expect((await first.fit(stream([9]), { ...options, onProgress, signal: controller.signal })).stopped).toBe("aborted");
      const second = await Trainer.load(first.save());
      first.network.dispose();
      const { epochs, parameters } = await outcomeOf(second, stream([31]), { ...options, resume: true });
      expect(parameters).toEqual(expected.parameters);
      expect(epochs.at(-1)).toEqual(expected.epochs.at(-1));
    }
  });
});
afterEach(() => vi.restoreAllMocks());

test("a buffer that holds a part is shuffled in itself, each time anew", async () => {
  const seen: number[][] = [];
  for (const shuffle of [true, false]) {
    const trainer = await createTrainer();
    const { epochs } = await trainer.fit(stream([10]), { epochs: 2, batchSize: 8, bufferRows: 40, shuffle });
    seen.push(epochs.map(({ loss }) => loss));
    trainer.network.dispose();
  }
  expect(new Set(seen.flat()).size).toBe(4);
});

test("progress knows how many steps an epoch has as soon as the stream has ended once", async () => {
  const trainer = await createTrainer();
  const steps = new Set<string>();
  const onProgress: FitOptions["onProgress"] = (at) => { steps.add(`${at.epoch}: ${at.steps}`); };
  await trainer.fit(stream([10]), { epochs: 2, batchSize: 8, bufferRows: 8, onProgress });
  expect([...steps]).toEqual(["1: Infinity", "1: 13", "2: 13"]);
  trainer.network.dispose();
});

test("no more of a stream is in memory than its buffer holds", async () => {
  const trainer = await createTrainer();
  const options: FitOptions = { epochs: 1, batchSize: 64, bufferRows: 6400 };
  await trainer.fit(stream([50]), options);
  const memory = () => trainer.network.engine.heap.f.buffer.byteLength;
  const size = memory();
  const long = function* () { for (let n = 0; n < 20_000; n++) yield rowsOf("labels", n % 50, n % 50 + 50); };
  const { epochs } = await trainer.fit(long, options);
  expect(epochs[0]!.loss).toBeLessThan(2);
  expect(memory()).toBe(size);
  trainer.network.dispose();
});

describe("a stream that ends, or is ended", () => {
  /** A stream that tells whether it was closed. */
  function watched(batches: () => Iterable<Data>) {
    const state = { opened: 0, closed: 0 };
    const source = async function* () {
      state.opened++;
      try { yield* batches(); } finally { state.closed++; }
    };
    return { state, source };
  }

  test("is closed in each epoch", async () => {
    const trainer = await createTrainer();
    const { state, source } = watched(stream([9]));
    await trainer.fit(source, { epochs: 3 });
    expect(state).toEqual({ opened: 3, closed: 3 });
    trainer.network.dispose();
  });

  test("is closed by an abort, and by a callback that throws", async () => {
    const trainer = await createTrainer();
    const { state, source } = watched(stream([9]));
    const controller = new AbortController();
    const { stopped } = await trainer.fit(source, { batchSize: 8, bufferRows: 8, signal: controller.signal, onProgress: () => controller.abort() });
    expect(stopped).toBe("aborted");
    expect(state).toEqual({ opened: 1, closed: 1 });
    const failure = new Error("enough");
    await expect(trainer.fit(source, { batchSize: 8, bufferRows: 8, onProgress: () => { throw failure; } })).rejects.toBe(failure);
    expect(state).toEqual({ opened: 2, closed: 2 });
    trainer.network.dispose();
  });

  test("an abort is not kept waiting by a batch that doesn't come", async () => {
    const trainer = await createTrainer();
    const controller = new AbortController();
    const source = async function* () {
      yield rowsOf("labels", 0, 16);
      setTimeout(() => controller.abort());
      await new Promise(() => {});
    };
    const { stopped, epochs } = await trainer.fit(source, { batchSize: 8, bufferRows: 8, signal: controller.signal });
    expect({ stopped, epochs, steps: trainer.steps }).toEqual({ stopped: "aborted", epochs: [], steps: 2 });
    trainer.network.dispose();
  });

  test("what the stream itself throws passes as it is, and the steps stay", async () => {
    const trainer = await createTrainer();
    const failure = new Error("connection lost");
    const source = async function* () {
      yield rowsOf("labels", 0, 16);
      throw failure;
    };
    await expect(trainer.fit(source, { batchSize: 8, bufferRows: 8 })).rejects.toBe(failure);
    expect(trainer.steps).toBe(2);
    await trainer.fit(whole.labels, { epochs: 1 });
    trainer.network.dispose();
  });

  test("a network that goes meanwhile is told", async () => {
    const trainer = await createTrainer();
    const source = async function* () {
      yield rowsOf("labels", 0, 16);
      trainer.network.dispose();
      yield rowsOf("labels", 0, 16);
    };
    await refused(() => trainer.fit(source, { batchSize: 8, bufferRows: 8 }), "disposed", /^network: /);
  });

  test("a trainer that goes meanwhile is told", async () => {
    const trainer = await createTrainer();
    const source = async function* () {
      yield rowsOf("labels", 0, 16);
      trainer.dispose();
    };
    await refused(() => trainer.fit(source, { batchSize: 32 }), "disposed", /^trainer: /);
    trainer.network.dispose();
  });

  test("meanwhile the network is busy", async () => {
    const trainer = await createTrainer();
    const source = async function* () {
      yield rowsOf("labels", 0, 16);
      await refused(() => trainer.evaluate(whole.labels), "busy", /^trainer: /);
      trainer.network.predict(x);
    };
    await trainer.fit(source, { epochs: 1 });
    trainer.network.dispose();
  });
});

describe("what is wrong with a stream", () => {
  const good = rowsOf("labels", 0, 16);
  const cases: [string, DataStream, ErrorCode, RegExp, FitOptions?][] = [
    ["no batch", () => [], "empty", /^data: expected batches with rows, got none$/],
    ["batches without rows", [{ x: [], y: [] }], "empty", /^data: expected batches with rows, got none$/],
    ["a batch that is none", [good, 3 as never], "type", /^data\[1\]: expected \{ x, y \}, got 3/],
    ["inputs of another width", [good, { x: [[1, 2]], y: [0] }], "shape", /^data\[1\]\.x\[0\]: /],
    ["an unknown class", [good, { x: x.subarray(0, 8), y: [0, 7] }], "label", /^data\[1\]\.y.*7/],
    ["a number that is none", [good, { x: [[0, 1, 2, NaN]], y: [0] }], "nonFinite", /^data\[1\]\.x.*NaN/],
    ["targets after class indices", [good, { x: x.subarray(0, 4), y: [[1, 0, 0]] }], "shape", /^data\[1\]\.y: expected class indices without weights, as in the first batch, got rows of targets without weights/],
    ["weights after none", [good, rowsOf("weighted labels", 0, 9)], "shape", /^data\[1\]\.y: expected class indices without weights.*got class indices with weights/],
    ["weights of 0 throughout", [{ ...good, weights: new Float32Array(16) }], "range", /^data: expected at least one row that counts/],
    ["a function that gives no iterable", (() => 3) as never, "type", /^data: expected a function that gives an iterable of batches, got one that gives 3/],
    ["a promise of a stream", (async () => [good]) as never, "type", /^data: expected a function that gives an iterable of batches, got one that gives an object of type Promise/],
    ["an iterator for two epochs", stream([9])(), "conflict", /^data: an iterator can be gone through once, and 10 epochs are asked for; give a function/, {}],
    ["an iterator for the validations of two epochs", [good], "conflict", /^options\.validation: an iterator can be gone through once/, { validation: stream([9])() }],
    ["an unknown class in the validation", [good], "label", /^options\.validation\[0\]\.y.*5/, { validation: () => [{ x: x.subarray(0, 4), y: [5] }] }],
    ["a validation without rows", [good], "empty", /^options\.validation: expected batches/, { validation: [] }],
    ["a buffer for no row", [good], "range", /^options\.bufferRows: /, { bufferRows: 0 }],
    ["a buffer larger than any memory", [good], "memory", /./, { bufferRows: 2 ** 30 }],
  ];
  test.each(cases)("%s", async (_, source, code, message, options = { epochs: 1 }) => {
    const trainer = await createTrainer();
    await trainer.fit(whole.labels, { epochs: 1 });
    const before = trainer.save();
    await refused(() => trainer.fit(source, { batchSize: 8, bufferRows: 8, ...options }), code, message);
    expect(Buffer.compare(trainer.save(), before)).toBe(0);
    await trainer.fit(stream([9]), { epochs: 1 });
    trainer.network.dispose();
  });

  test("an iterable that is empty the second time", async () => {
    const trainer = await createTrainer();
    let turns = 0;
    await refused(() => trainer.fit(() => turns++ === 0 ? [good] : [], { epochs: 2 }), "empty", /got none when it was gone through again: give a function that begins a new one$/);
    expect(trainer.steps).toBe(0);
    trainer.network.dispose();
  });

  test("one that became shorter than what was trained on before", async () => {
    const trainer = await createTrainer();
    const controller = new AbortController();
    const options: FitOptions = { epochs: 1, batchSize: 8, bufferRows: 8 };
    await trainer.fit(stream([9]), { ...options, signal: controller.signal, onProgress: ({ step }) => { if (step === 3) controller.abort(); } });
    await refused(() => trainer.fit([good], { ...options, resume: true }), "shape", /^data: expected at least the 24 rows that were trained on before, got 16/);
    await refused(() => trainer.fit(whole.labels, { ...options, resume: true }), "conflict", /with a stream, and now it is data that are all at hand/);
    await refused(() => trainer.fit(stream([9]), { ...options, bufferRows: 16, resume: true }), "conflict", /with bufferRows 8, and now it is bufferRows 16/);
    trainer.network.dispose();
  });

  test("evaluate names what is wrong", async () => {
    const trainer = await createTrainer();
    await refused(() => trainer.evaluate([good, { x: x.subarray(0, 4), y: [9] }]), "label", /^data\[1\]\.y/);
    await refused(() => trainer.evaluate(() => []), "empty", /^data: /);
    await refused(() => trainer.evaluate([{ ...good, weights: new Float32Array(16) }]), "range", /^data: expected at least one row that counts/);
    trainer.network.dispose();
  });
});
