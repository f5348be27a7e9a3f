import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type * as Deltawasm from "../../src/index";
import { dense, type InitOptions } from "../../src/index";
import { runChild } from "../support/child";

const small = { input: 3, layers: [dense(5, "gelu"), dense(2, "softmax")], seed: 5 };
/** From 16,384 parameters on a network is worth a team; and one of 16,383. */
const large = { input: 127, layers: [dense(127, "relu"), dense(1)], seed: 5 };
const nearlyLarge = { input: 127, layers: [dense(127, "relu"), dense(1, "linear", { bias: false })], seed: 5 };

/** The library as a program sees it that has just loaded it: no engine is chosen yet. */
let library: typeof Deltawasm;
beforeEach(async () => {
  vi.resetModules();
  library = await import("../../src/index");
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** What a new network says of its threads. */
async function inspect(spec: Deltawasm.NetworkSpec): Promise<Pick<Deltawasm.Inspection, "engine" | "build" | "threads" | "notes">> {
  using network = await library.Network.create(spec);
  // A note may not keep it from working.
  network.predict(new Float32Array(network.inputs * 2));
  const { engine, build, threads, notes } = network.inspect();
  return { engine, build, threads, notes };
}

function processors(count: number): void {
  vi.stubGlobal("navigator", { hardwareConcurrency: count });
}

const one = { engine: "wasm", build: "simd", threads: 1 };
const SMALL = "one thread: for a network this small one is the fastest";
const ISOLATION = /^one thread: memory can't be shared here; a page needs cross-origin isolation \(the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp\)$/;

describe("options.threads", () => {
  const core = readFileSync(new URL("../../build/core.wasm", import.meta.url));
  const wrong: [name: string, options: unknown, code: string, says: RegExp][] = [
    ["0", { threads: 0 }, "range", /^options\.threads: expected .* 1 .* 64, got 0/],
    ["65", { threads: 65 }, "range", /^options\.threads: .*got 65/],
    ["-2", { threads: -2 }, "range", /^options\.threads: .*got -2/],
    ["1.5", { threads: 1.5 }, "range", /^options\.threads: .*got 1\.5/],
    ["NaN", { threads: NaN }, "range", /^options\.threads: .*got NaN/],
    ["Infinity", { threads: Infinity }, "range", /^options\.threads: .*got Infinity/],
    ["\"two\"", { threads: "two" }, "type", /^options\.threads: .*got "two"/],
    ["\"2\"", { threads: "2" }, "type", /^options\.threads: .*got "2"/],
    ["null", { threads: null }, "type", /^options\.threads: .*got null/],
    ["true", { threads: true }, "type", /^options\.threads: .*got true/],
    ["[2]", { threads: [2] }, "type", /^options\.threads: .*got an array of 1/],
    ["an unknown build", { build: "fast" }, "unknown", /^options\.build: expected one of simd, relaxed, got "fast"/],
    ["a build that is null", { build: null }, "type", /^options\.build: .*got null/],
    ["a relaxed reference", { build: "relaxed", engine: "reference" }, "conflict", /build: "relaxed".* engine: "reference"/],
    ["relaxed bytes", { build: "relaxed", bytes: core }, "conflict", /build: "relaxed".* bytes/],
    ["a relaxed URL, and threads", { build: "relaxed", url: "core.wasm", threads: 2 }, "conflict", /build: "relaxed".* url/],
    ["a relaxed module", { build: "relaxed", module: new WebAssembly.Module(core) }, "conflict", /build: "relaxed".* module/],
  ];
  test.each(wrong)("is refused as %s, or another option, and the engine stays as it was", async (_name, options, code, says) => {
    await library.init({ threads: 3 });
    const error = await library.init(options as InitOptions).then(() => "init took it", (reason: unknown) => reason);
    expect(error).toBeInstanceOf(library.DeltawasmError);
    expect(error).toMatchObject({ code, message: expect.stringMatching(says) });
    expect(await inspect(small)).toEqual({ ...one, threads: 3, notes: [] });
  });

  test.each([1, 2, 5, 64])("of %i are had by every network, however small, without a note", async (threads) => {
    await library.init({ threads });
    expect(await inspect(small)).toEqual({ ...one, threads, notes: [] });
    expect(await inspect(large)).toEqual({ ...one, threads, notes: [] });
  });

  test.each<InitOptions | undefined>([undefined, { threads: "auto" }, { threads: undefined } as never])("by default is one for each processor, for large networks alone: %j", async (options) => {
    processors(3);
    if (options) await library.init(options);
    expect(await inspect(small)).toEqual({ ...one, notes: [SMALL] });
    expect(await inspect(nearlyLarge)).toEqual({ ...one, notes: [SMALL] });
    expect(await inspect(large)).toEqual({ ...one, threads: 3, notes: [] });
  });

  test("\"auto\" takes eight at most, though more may be asked for", async () => {
    processors(24);
    expect((await inspect(large)).threads).toBe(8);
    await library.init({ threads: 9 });
    expect((await inspect(large)).threads).toBe(9);
  });

  test("\"auto\" on one processor is one, as it says; who asks for two gets them", async () => {
    processors(1);
    const notes = ["one thread: this machine has one processor"];
    expect(await inspect(large)).toEqual({ ...one, notes });
    expect(await inspect(small)).toEqual({ ...one, notes });
    await library.init({ threads: 2 });
    expect(await inspect(large)).toEqual({ ...one, threads: 2, notes: [] });
  });

  test("counts for the networks made afterwards: those that exist keep their own", async () => {
    await library.init({ threads: 2 });
    using two = await library.Network.create(large);
    await library.init({ threads: 3 });
    using three = await library.Network.create(large);
    await library.init({ threads: 1 });
    using alone = await library.Network.create(large);
    expect([two, three, alone].map((network) => network.inspect().threads)).toEqual([2, 3, 1]);
    const x = new Float32Array(127 * 128).fill(0.3);
    const [a, b, c] = [two, three, alone].map((network) => network.predict(x));
    expect(a).toEqual(c);
    expect(b).toEqual(c);
  });

  test("and a core of one's own: it is for one thread, as it says", async () => {
    for (const source of [{ bytes: core }, { module: new WebAssembly.Module(core) }]) {
      await library.init({ threads: 4, ...source });
      expect(await inspect(large)).toEqual({ ...one, notes: ["one thread: the core that was given is for one"] });
    }
  });

  test("and the reference engine, which has one", async () => {
    await library.init({ threads: 4, engine: "reference" });
    expect(await inspect(large)).toMatchObject({ engine: "reference", build: "none", threads: 1 });
  });
});

describe("where threads can't be had one works, and inspect says why:", () => {
  const refusing = (maximum: number) => {
    const { Memory } = WebAssembly;
    vi.spyOn(WebAssembly, "Memory").mockImplementation(function (descriptor: WebAssembly.MemoryDescriptor) {
      if (descriptor.shared && descriptor.maximum! > maximum) throw new RangeError("could not allocate memory");
      return new Memory(descriptor);
    } as never);
  };
  const cases: [name: string, stub: () => void, says: RegExp][] = [
    ["no SharedArrayBuffer", () => vi.stubGlobal("SharedArrayBuffer", undefined), ISOLATION],
    ["a page that is not isolated", () => vi.stubGlobal("crossOriginIsolated", false), ISOLATION],
    ["no workers", () => vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined as never), /^one thread: this runtime has no workers$/],
    ["no shared memory, however small", () => refusing(0), /^one thread: the core for threads can't run here: RangeError: could not allocate memory$/],
  ];
  test.each(cases)("%s", async (_name, stub, says) => {
    using before = await library.Network.create(large);
    const x = new Float32Array(127 * 100).fill(0.3);
    const expected = before.predict(x);
    vi.resetModules();
    library = await import("../../src/index");
    stub();
    await library.init({ threads: 4 });
    expect(await inspect(large)).toEqual({ ...one, notes: [expect.stringMatching(says)] });
    expect(await inspect(small)).toEqual({ ...one, notes: [expect.stringMatching(says)] });
    using network = await library.Network.create(large);
    expect(network.predict(x)).toEqual(expected);
  });

  test("\"auto\" says so of large networks alone, and engine: \"wasm\" asks for no team", async () => {
    processors(3);
    refusing(0);
    for (const options of [{}, { engine: "wasm" } as const]) {
      await library.init(options);
      expect(await inspect(small)).toEqual({ ...one, notes: [SMALL] });
      expect(await inspect(large)).toEqual({ ...one, notes: [expect.stringMatching(/^one thread: the core for threads can't run here/)] });
    }
  });

  test("an isolated page has them, and so has a runtime that gives shared memory less room", async () => {
    vi.stubGlobal("crossOriginIsolated", true);
    refusing(4096);
    await library.init({ threads: 4 });
    expect(await inspect(large)).toEqual({ ...one, threads: 4, notes: [] });
  });
});

/** A short training in a process of its own; its results as JSON. */
const program = (options: InitOptions) => `
  await deltawasm.init(${JSON.stringify(options)});
  const network = await deltawasm.Network.create({
    input: 65, layers: [deltawasm.dense(257, "gelu"), deltawasm.dense(131, "tanh"), deltawasm.dense(7, "softmax")], seed: 4,
  });
  const { build, threads, notes } = network.inspect();
  const x = Float32Array.from({ length: 65 * 96 }, (_, n) => Math.sin(n)), y = Array.from({ length: 96 }, (_, n) => n % 7);
  const trainer = new deltawasm.Trainer(network, { loss: "crossEntropy", optimizer: deltawasm.sgd({ learningRate: 0.05 }) });
  const first = [...network.predict(x)];
  if (threads > 1) while (!network.engine.team.isReady) await new Promise((resolve) => setTimeout(resolve, 1));
  await trainer.fit({ x, y }, { epochs: 3, batchSize: 32 });
  console.log(JSON.stringify({ build, threads, notes, first, last: [...network.predict(x)] }));
`;

interface Result {
  build: string;
  threads: number;
  notes: string[];
  /** Predictions before and after the training. */
  first: number[];
  last: number[];
}

async function resultOf(options: InitOptions, node = process.execPath): Promise<Result> {
  const { code, output, errors } = await runChild(program(options), { node });
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  return JSON.parse(output) as Result;
}

const difference = (a: number[], b: number[]) => Math.max(...a.map((value, n) => Math.abs(value - b[n])));

describe("build: \"relaxed\"", () => {
  test("is the plain one, with the same bits, where the runtime doesn't know relaxed SIMD, as inspect says", async () => {
    using plain = await library.Network.create(small);
    const expected = plain.predict([1, 2, 3]);
    vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
    const note = "the plain build: this runtime doesn't know relaxed SIMD";
    await library.init({ build: "relaxed", threads: 2 });
    expect(await inspect(small)).toEqual({ ...one, threads: 2, notes: [note] });
    await library.init({ build: "relaxed", threads: 1 });
    expect(await inspect(small)).toEqual({ ...one, notes: [note] });
    using network = await library.Network.create(small);
    expect(network.predict([1, 2, 3])).toEqual(expected);
  });

  test("asks the runtime: Node 20 doesn't know it, Node 21 and later do", async () => {
    await library.init({ build: "relaxed", threads: 1 });
    const knows = Number(process.versions.node.split(".")[0]) > 20;
    expect((await inspect(small)).build).toBe(knows ? "relaxed" : "simd");
  });

  // Installed by `npm ci --prefix test/runtimes`.
  const node24 = fileURLToPath(new URL(`../runtimes/node_modules/node24-${process.platform}-${process.arch}/bin/node`, import.meta.url));

  describe.skipIf(!existsSync(node24))("in Node 24", () => {
    test("gives the plain build's results but for rounding, with one thread and with two, which agree to the bit", async () => {
      const plain = await resultOf({ threads: 1 }, node24);
      expect(plain).toMatchObject({ build: "simd", notes: [] });
      expect(await resultOf({ threads: 3 }, node24)).toEqual({ ...plain, threads: 3 });

      const relaxed = await resultOf({ build: "relaxed", threads: 1 }, node24);
      expect(relaxed).toMatchObject({ build: "relaxed", threads: 1, notes: [] });
      // A fused term is rounded once instead of twice. Roundings fall to both sides, so a sum of n terms moves by about √n · 2^-24 of
      // its size: 1e-6 of the widest layer here, and not ten times as much after three layers and a softmax, whose slopes are
      // below 1.2. Nine steps, each with a rate of 0.05, add less than they have.
      expect(difference(relaxed.first, plain.first)).toBeLessThan(1e-5);
      expect(difference(relaxed.last, plain.last)).toBeLessThan(2e-5);
      // The training did something that is far larger than the tolerance.
      expect(difference(plain.first, plain.last)).toBeGreaterThan(0.05);
      expect(await resultOf({ build: "relaxed", threads: 2 }, node24)).toEqual({ ...relaxed, threads: 2 });
    });
  });
});
