import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  adam, batchNorm, dense, dropout, type FitOptions, init, Network, type NetworkSpec, reduceOnPlateau, Trainer, type TrainerOptions,
} from "../src/index";
import { readSafetensors, writeSafetensors } from "../src/formats/safetensors";
import { readNetworkFile, TRAINER_TENSORS } from "../src/network/file";
import { SeededNumbers } from "./support/numbers";
import { refused } from "./support/refusals";

// What a trainer's file is, and which ones are refused.

const TRAINER = "deltawasm.trainer";
const numbers = new SeededNumbers(6);
const data = { x: numbers.array(4 * 20), y: Array.from({ length: 20 }, (_, row) => row % 3) };
const spec: NetworkSpec = { input: 4, layers: [dense(5, "relu"), batchNorm(), dropout(0.2), dense(3, "softmax")], seed: 3 };
const options: TrainerOptions = { loss: "crossEntropy", optimizer: adam({ learningRate: 0.01 }), schedule: reduceOnPlateau({ patience: 0 }) };
const fit: FitOptions = { epochs: 4, batchSize: 4, accumulate: 2, earlyStopping: { monitor: "loss", patience: 3 } };

/** A training in the middle of its third epoch, and its file. */
let trainer: Trainer;
let file: Uint8Array;
let networkFile: Uint8Array;
let text: Record<string, unknown>;

beforeAll(async () => {
  await init();
  trainer = new Trainer(await Network.create(spec), options);
  // A slow clock: slices of one update.
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now += 20);
  const onProgress = ({ epoch, step }: { epoch: number; step: number }) => { if (epoch === 3 && step === 2) file = trainer.save(); };
  await trainer.fit(data, { ...fit, onProgress });
  vi.restoreAllMocks();
  networkFile = trainer.network.save();
  text = JSON.parse(readSafetensors(file).metadata.get(TRAINER)!) as typeof text;
});
afterAll(() => trainer.network.dispose());

/** The same file with another text of the trainer's, sealed as ours are. */
function withText(changed: string): Uint8Array {
  const { file: { tensors, metadata } } = readNetworkFile(file, TRAINER_TENSORS);
  const written = Object.fromEntries([...tensors].map(([name, { shape, floats }]) => [name, { shape, data: floats() }]));
  return writeSafetensors(written, { ...Object.fromEntries(metadata), [TRAINER]: changed });
}

/** The text with one part of it changed; undefined takes it out. */
function altered(path: readonly string[], value: unknown): string {
  const copy = structuredClone(text) as Record<string, unknown>;
  const parent = path.slice(0, -1).reduce((object, key) => object[key] as Record<string, unknown>, copy);
  parent[path.at(-1)!] = value;
  return JSON.stringify(copy);
}

/** Expects a file to be refused as one, and nothing to be left of it. */
async function expectRefused(bytes: Uint8Array, says: RegExp): Promise<void> {
  const { engine } = trainer.network;
  const [networks, { used }] = [engine.networks, trainer.network.inspect().core];
  const error = await refused(() => Trainer.load(bytes));
  expect(error.message).toMatch(says);
  expect(error.message.length).toBeLessThan(600);
  expect(error.code, error.message).toBe("file");
  expect([engine.networks, trainer.network.inspect().core.used]).toEqual([networks, used]);
}

describe("a trainer's file", () => {
  test("is the file of its network as well, for Network.load and loadParameters", async () => {
    using loaded = await Network.load(file);
    using other = await Network.create({ ...spec, seed: 4 });
    other.loadParameters(file);
    const { tensors } = readSafetensors(file);
    for (const network of [loaded, other]) {
      for (const [name, { data: parameter }] of Object.entries(network.parameters())) expect(parameter).toEqual(tensors.get(name)!.floats());
    }
    expect(Buffer.compare(Buffer.from(loaded.save()), Buffer.from((await Network.load(loaded.save())).save()))).toBe(0);
  });

  test("has the optimizer's vectors and the best epoch's parameters under names of their own, by names and shapes of the parameters", () => {
    const { tensors } = readSafetensors(file);
    const names = Object.keys(trainer.network.parameters());
    const trained = names.filter((name) => !name.includes("running_"));
    const added = [...trained.map((name) => `optimizer.1.${name}`), ...trained.map((name) => `optimizer.2.${name}`), ...names.map((name) => `best.${name}`)];
    expect([...tensors.keys()].sort()).toEqual([...names, ...added].sort());
    expect(tensors.get("optimizer.2.0.weight")!.shape).toEqual([5, 4]);
  });

  test("is the same for the trainer that was loaded of it", async () => {
    const loaded = await Trainer.load(file);
    expect(Buffer.compare(loaded.save(), file)).toBe(0);
    expect(loaded.options).toEqual(options);
    expect(loaded.network.spec).toEqual(trainer.network.spec);
    loaded.network.dispose();
  });

  test("is refused to be written where a layer's name makes a parameter's that of a tensor that it adds", async () => {
    using network = await Network.create({ input: 4, layers: [dense(4), dense(4, "linear", { name: "optimizer.1.0" }), dense(3, "softmax")] });
    const error = await refused(() => new Trainer(network, options).save());
    expect(error.message).toMatch(/^network: a parameter is named "optimizer\.1\.0\.weight"/);
    expect(error.code).toBe("conflict");
    // Names that only look alike are free.
    using free = await Network.create({ input: 4, layers: [dense(4, "tanh", { name: "optimizer" }), dense(3, "softmax", { name: "best" })] });
    const loaded = await Trainer.load(new Trainer(free, options).save());
    expect(loaded.network.parameters()).toEqual(free.parameters());
    loaded.network.dispose();
  });

  test("holds a trainer that has done nothing yet, and one whose optimizer keeps nothing", async () => {
    for (const optimizer of ["sgd", "momentum", "adam"] as const) {
      using network = await Network.create(spec);
      const fresh = new Trainer(network, { loss: "crossEntropy", optimizer });
      const loaded = await Trainer.load(fresh.save());
      for (const one of [fresh, loaded]) await one.fit(data, fit);
      expect(Buffer.compare(loaded.save(), fresh.save())).toBe(0);
      loaded.network.dispose();
    }
  });
});

describe("refused as a file is", () => {
  test("the file of a network alone, with what to do", async () => {
    await expectRefused(networkFile, /^file: its metadata has no deltawasm\.trainer: it holds a network, but no trainer; read it with Network\.load, and make a Trainer for it$/);
  });

  test("one that was cut off, wherever that was", async () => {
    for (let length = 0; length < file.length; length += length < 600 ? 7 : 61) await expectRefused(file.slice(0, length), /./);
  });

  test("one of which a byte has changed, wherever that was", async () => {
    for (let n = 0; n < file.length; n += 37) {
      const bytes = file.slice();
      bytes[n] ^= 1 << (n % 8);
      await expectRefused(bytes, /./);
    }
  });

  test.each(["optimizer.1.0.weight", "optimizer.2.3.bias", "best.1.running_var"])("one without the tensor %s", async (name) => {
    const { file: { tensors, metadata } } = readNetworkFile(file, TRAINER_TENSORS);
    const entries = [...tensors].filter(([one]) => one !== name).map(([one, { shape, floats }]) => [one, { shape, data: floats() }]);
    await expectRefused(writeSafetensors(Object.fromEntries(entries), Object.fromEntries(metadata)), new RegExp(`^file: the tensor "${name}" is missing`));
  });

  test("one with a tensor of another shape, or with numbers that are not finite", async () => {
    const { file: { tensors, metadata } } = readNetworkFile(file, TRAINER_TENSORS);
    const altered = (change: (name: string, shape: readonly number[], numbers: Float32Array) => { shape: readonly number[]; data: Float32Array }) => (
      writeSafetensors(Object.fromEntries([...tensors].map(([name, { shape, floats }]) => [name, change(name, shape, floats())])), Object.fromEntries(metadata))
    );
    await expectRefused(altered((name, shape, floats) => ({ shape: name === "optimizer.1.0.weight" ? [4, 5] : shape, data: floats })), /optimizer\.1\..*0\.weight.*expected \[5, 4\]/);
    await expectRefused(altered((name, shape, floats) => ({ shape, data: name === "best.0.bias" ? floats.fill(NaN) : floats })), /best\..*0\.bias.*expected finite numbers, got NaN/);
  });

  const texts: [what: string, text: () => string, says: RegExp][] = [
    ["no JSON", () => "{", /^file: its deltawasm\.trainer is not JSON/], ["nothing", () => "", /is not JSON/],
    ["null", () => "null", /deltawasm\.trainer: expected an object, got null/], ["an array", () => "[]", /expected an object/],
    ["an empty object", () => "{}", /deltawasm\.trainer\.numbers: expected an object, got undefined/],
    ["one more key", () => altered(["more"], 1), /deltawasm\.trainer\.more: no such option/],
    ["a prototype", () => JSON.stringify(text).replace("{", "{\"__proto__\":{},"), /__proto__: no such option/],
    ["no options", () => altered(["options"], undefined), /deltawasm\.trainer\.options: expected an object/],
    ["options of no type", () => altered(["options"], 3), /options: expected an object, got 3/],
    ["no loss", () => altered(["options", "loss"], undefined), /options\.loss/],
    ["a loss that doesn't fit", () => altered(["options", "loss"], "binaryCrossEntropy"), /options\.loss: binaryCrossEntropy needs a network that ends with sigmoid/],
    ["an unknown optimizer", () => altered(["options", "optimizer"], { type: "lion" }), /options\.optimizer\.type/],
    ["a frozen layer beyond the last", () => altered(["options", "freeze"], [9]), /options\.freeze\[0\]/],
    ["a frozen layer that isn't there", () => altered(["options", "freeze"], ["trunk"]), /options\.freeze\[0\]: no layer is named "trunk"/],
    ["all layers frozen", () => altered(["options", "freeze"], [0, 1, 2, 3]), /options\.freeze/],
    ["class weights of another network", () => altered(["options", "classWeights"], [1, 2]), /options\.classWeights: expected 3 numbers/],
    ["an unknown schedule", () => altered(["options", "schedule"], { type: "later" }), /options\.schedule\.type/],
    ["steps that are no number", () => altered(["numbers", "step"], "3"), /numbers\.step: expected a whole number, at least 0, got "3"/],
    ["steps below 0", () => altered(["numbers", "step"], -1), /numbers\.step/], ["half a step", () => altered(["numbers", "step"], 0.5), /numbers\.step/],
    ["steps beyond all counting", () => altered(["numbers", "step"], 1e300), /numbers\.step/],
    ["passes that aren't there", () => altered(["numbers", "pass"], undefined), /numbers\.pass/],
    ["a power above 1", () => altered(["numbers", "beta1Power"], 1.5), /numbers\.beta1Power/], ["a power below 0", () => altered(["numbers", "beta2Power"], -1), /numbers\.beta2Power/],
    ["a rate of 0", () => altered(["baseRate"], 0), /baseRate/], ["a rate beyond all rates", () => altered(["baseRate"], 1e7), /baseRate/],
    ["a rate that overflowed", () => JSON.stringify(text).replace(/"baseRate":[^,]*/, "\"baseRate\":1e999"), /baseRate: expected a finite number.*Infinity/],
    ["epochs below 0", () => altered(["epoch"], -1), /deltawasm\.trainer\.epoch/],
    ["a plateau of another type", () => altered(["plateau"], []), /deltawasm\.trainer\.plateau: expected an object/],
    ["a plateau without its factor", () => altered(["plateau", "factor"], undefined), /plateau\.factor/], ["a plateau that grows", () => altered(["plateau", "factor"], 2), /plateau\.factor/],
    ["a plateau whose best is text", () => altered(["plateau", "best"], "low"), /plateau\.best/],
    ["no run", () => altered(["run"], undefined), /deltawasm\.trainer\.run: expected an object/],
    ["a run with a cursor beyond the rows", () => altered(["run", "cursor"], 24), /run\.cursor: expected 20, or less and a multiple of 8, got 24/],
    ["a run that stopped inside a batch", () => altered(["run", "cursor"], 9), /run\.cursor/], ["a run that stopped inside an update", () => altered(["run", "cursor"], 12), /run\.cursor/],
    ["a run of no rows", () => altered(["run", "rows"], 0), /run\.rows/], ["batches of no rows", () => altered(["run", "batchSize"], 0), /run\.batchSize/],
    ["a run that is trained, but isn't", () => altered(["run", "isTrained"], true), /run\.cursor: expected 20, got 8/],
    ["a flag that is a number", () => altered(["run", "shuffle"], 1), /run\.shuffle: expected true or false/],
    ["a loss that is no number", () => altered(["run", "lossSum"], null), /run\.lossSum/], ["rows of a loss below 0", () => altered(["run", "lossRows"], -1), /run\.lossRows/],
    ["early stopping of another type", () => altered(["run", "stopping"], 1), /run\.stopping: expected an object/],
    ["early stopping that waits for ever", () => altered(["run", "stopping", "wait"], -1), /run\.stopping\.wait/],
    ["early stopping with a best epoch in halves", () => altered(["run", "stopping", "bestEpoch"], 1.5), /run\.stopping\.bestEpoch/],
    ["a text of many megabytes", () => JSON.stringify(text) + " ".repeat(2 ** 25), /has \d+ characters, and 33554432 are allowed/],
    ["lists in lists in lists", () => `{"options":${"[".repeat(50_000)}${"]".repeat(50_000)}}`, /./],
    ["options in options in options", () => `${JSON.stringify(text).slice(0, -1)},"x":${"{\"a\":".repeat(5000)}1${"}".repeat(5000)}}`, /no such option/],
  ];
  test.each(texts)("one whose text has %s", async (_what, made, says) => {
    await expectRefused(withText(made()), says);
  });
});

/** What any part of the text may be replaced by. */
const ODD = [undefined, null, true, false, "", "1", "adam", "constant", [], [0], {}, { type: "adam" }, -1, -0, 0, 0.5, 1, 2, 7, 20, 1e-300, 1e9, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 1e300];

function pathsOf(value: unknown, path: string[] = []): string[][] {
  const inside = typeof value === "object" && value !== null ? Object.entries(value).flatMap(([key, part]) => pathsOf(part, [...path, key])) : [];
  return path.length > 0 ? [path, ...inside] : inside;
}

test("whatever a part of the text is replaced by, the file is refused, or training goes on or says why not", async () => {
  const { engine } = trainer.network;
  const [networks, { used }] = [engine.networks, trainer.network.inspect().core];
  let loadedCount = 0;
  for (const path of pathsOf(text)) {
    for (const value of ODD) {
      const bytes = withText(altered(path, value));
      let loaded: Trainer;
      try {
        loaded = await Trainer.load(bytes);
      } catch (error) {
        if ((error as { code?: string }).code !== "file") throw error;
        continue;
      }
      loadedCount++;
      try {
        await loaded.fit(data, { ...fit, resume: true });
        expect(loaded.save().length).toBeGreaterThan(100);
      } catch (error) {
        if (!["conflict", "diverged"].includes((error as { code?: string }).code ?? "")) throw new Error(`${path.join(".")} ${String(value)}`, { cause: error });
      }
      loaded.network.dispose();
    }
  }
  expect(loadedCount).toBeGreaterThan(50);
  expect([engine.networks, trainer.network.inspect().core.used]).toEqual([networks, used]);
});

test("counts near the end of counting give the same bits on both engines", async () => {
  const bits = [];
  for (const engine of ["wasm", "reference"] as const) {
    await init({ engine });
    for (const value of [2 ** 32 - 1, 2 ** 32 + 5, 2 ** 53 - 1]) {
      const loaded = await Trainer.load(withText(JSON.stringify({ ...text, epoch: value, numbers: { ...text.numbers as object, step: value, pass: value } })));
      await loaded.fit(data, { ...fit, resume: true });
      bits.push(Buffer.from(loaded.save()).toString("base64"));
      loaded.network.dispose();
    }
  }
  await init();
  expect(bits.slice(3)).toEqual(bits.slice(0, 3));
});
