import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type * as Deltawasm from "../src/index";
import { adam, dense, type InitOptions, type NetworkSpec } from "../src/index";

const core = readFileSync(new URL("../build/core.wasm", import.meta.url));
const spec = { input: 3, layers: [dense(5, "gelu"), dense(2, "softmax")], seed: 5 } satisfies NetworkSpec;
const x = [[1, 2, 3], [-1, 0.5, 0]];

/** The library as a page sees it that has just loaded it: no engine is chosen yet. */
let library: typeof Deltawasm;
beforeEach(async () => {
  vi.resetModules();
  library = await import("../src/index");
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

async function engineNow(): Promise<Deltawasm.Inspection> {
  using network = await library.Network.create(spec);
  return network.inspect();
}

/** All that a short training gives. */
async function results() {
  using network = await library.Network.create(spec);
  const trainer = new library.Trainer(network, { loss: "crossEntropy", optimizer: adam({ learningRate: 0.05 }), l2: 1e-3 });
  const losses = [trainer.step(x, [0, 1]), trainer.step(x, [1, 1])];
  const { epochs } = await trainer.fit({ x, y: [0, 1] }, { epochs: 3, batchSize: 1 });
  return { losses, epochs: epochs.map(({ loss }) => loss), parameters: network.parameters(), predictions: network.predict(x) };
}

async function refusal(options: unknown): Promise<Deltawasm.DeltawasmError> {
  const outcome = await library.init(options as InitOptions).then(() => "init took it", (error: unknown) => error);
  expect(outcome).toBeInstanceOf(library.DeltawasmError);
  return outcome as Deltawasm.DeltawasmError;
}

describe("without init", () => {
  test("the WebAssembly core runs, on one thread for a small network, as it says", async () => {
    const notes = ["one thread: for a network this small one is the fastest"];
    expect(await engineNow()).toMatchObject({ engine: "wasm", build: "simd", threads: 1, notes });
  });

  const refusals: [name: string, stub: () => void, reason: RegExp][] = [
    ["compiling is forbidden", () => vi.stubGlobal("WebAssembly", { ...functionsOf(WebAssembly), compile: () => Promise.reject(new EvalError("Content Security Policy")) }), /Content Security Policy/],
    ["there is no memory", () => vi.stubGlobal("WebAssembly", { ...functionsOf(WebAssembly), Memory: class { constructor() { throw new RangeError("out of memory"); } } }), /out of memory/],
    ["there is no WebAssembly", () => vi.stubGlobal("WebAssembly", undefined), /this runtime has no WebAssembly/],
    ["SIMD is not known", () => vi.stubGlobal("WebAssembly", { ...functionsOf(WebAssembly), compile: () => Promise.reject(new WebAssembly.CompileError("invalid value type 0x7b")) }), /invalid value type 0x7b/],
  ];
  /** Functions of a namespace, which a spread leaves out. */
  function functionsOf(namespace: object): object {
    return Object.fromEntries(Object.getOwnPropertyNames(namespace).map((name) => [name, (namespace as Record<string, unknown>)[name]]));
  }
  test.each(refusals)("where %s, the reference engine takes over with the same bits, and says why: the console once", async (_name, stub, reason) => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const expected = await results();
    vi.resetModules();
    library = await import("../src/index");
    stub();
    const { engine, build, notes } = await engineNow();
    expect([engine, build, notes.length]).toEqual(["reference", "none", 1]);
    expect(notes[0]).toMatch(reason);
    expect(notes[0]).toMatch(/^the reference engine runs, many times slower, because WebAssembly refused the core: /);
    expect(await results()).toEqual(expected);
    await library.init();
    await library.init({ threads: 2 });
    expect((await engineNow()).engine).toBe("reference");
    expect(warn.mock.calls).toEqual([[`deltawasm: ${notes[0]}`]]);
    // Who insists gets the reason as an error.
    const error = await refusal({ engine: "wasm" });
    expect([error.code, error.message]).toEqual(["engine", expect.stringMatching(reason)]);
  });
});

describe("with a core that the entry of the runtime provides", () => {
  const provided = Symbol.for("deltawasm.core");
  beforeEach(() => {
    const global = globalThis as { [key: symbol]: unknown };
    global[provided] = new WebAssembly.Module(core);
    vi.spyOn(WebAssembly, "compile").mockRejectedValue(new WebAssembly.CompileError("Wasm code generation disallowed by embedder"));
    return () => delete global[provided];
  });

  test("nothing is compiled, and the bits are the same", async () => {
    const expected = await results();
    expect(await engineNow()).toMatchObject({ engine: "wasm", build: "simd", threads: 1 });
    Reflect.deleteProperty(globalThis, provided);
    vi.restoreAllMocks();
    vi.resetModules();
    library = await import("../src/index");
    expect(await results()).toEqual(expected);
  });

  test("there is one thread, and no other build, as inspect says", async () => {
    await library.init({ threads: 4, build: "relaxed", wide: true });
    expect(await engineNow()).toMatchObject({ engine: "wasm", build: "simd", wide: false, threads: 1, notes: [
      "one thread: this runtime compiles no code, and the core that it gets is for one",
      "the plain build: this runtime compiles no code, and gets no other",
      "no wide registers: this runtime compiles no code",
    ] });
  });
});

describe("init", () => {
  test("{ engine: \"reference\" } chooses it, with the same bits, and without a note or a warning: it was asked for", async () => {
    const warn = vi.spyOn(console, "warn");
    const expected = await results();
    await library.init({ engine: "reference" });
    expect(await engineNow()).toMatchObject({ engine: "reference", build: "none", threads: 1, notes: [] });
    expect(await results()).toEqual(expected);
    expect(warn).not.toHaveBeenCalled();
  });

  test("{ engine: \"reference\", threads: 4 } says why there is one", async () => {
    await library.init({ engine: "reference", threads: 4 });
    expect(await engineNow()).toMatchObject({ engine: "reference", threads: 1, notes: ["one thread: the reference engine has no more"] });
  });

  test("counts for networks made afterwards: those that exist keep their engine, and go on", async () => {
    using before = await library.Network.create(spec);
    await library.init({ engine: "reference" });
    using after = await library.Network.create(spec);
    expect([before.inspect().engine, after.inspect().engine]).toEqual(["wasm", "reference"]);
    expect(after.predict(x)).toEqual(before.predict(x));
    await library.init();
    expect((await engineNow()).engine).toBe("wasm");
  });

  const sources: [name: string, options: () => InitOptions][] = [
    ["bytes", () => ({ bytes: core })],
    ["a buffer", () => ({ bytes: Uint8Array.from(core).buffer })],
    ["a module", () => ({ module: new WebAssembly.Module(core) })],
    ["a module of another realm", () => ({ module: runInNewContext("new WebAssembly.Module(core)", { core }) })],
    ["a module, and engine: \"wasm\"", () => ({ engine: "wasm", module: new WebAssembly.Module(core) })],
    ["a data URL", () => ({ url: `data:application/wasm;base64,${core.toString("base64")}` })],
    ["nothing but the default", () => ({})],
    ["undefined options", () => ({ engine: undefined, module: undefined, url: undefined, bytes: undefined }) as never],
  ];
  test.each(sources)("takes the core from %s", async (_name, options) => {
    const expected = await results();
    vi.resetModules();
    library = await import("../src/index");
    await library.init(options());
    expect((await engineNow()).engine).toBe("wasm");
    expect(await results()).toEqual(expected);
  });

  test("fetches the core from a URL, whatever its media type, and tells when there is none", async () => {
    const server = createServer((request, response) => {
      const found = request.url === "/core.wasm";
      response.writeHead(found ? 200 : 404, { "content-type": "application/octet-stream" });
      response.end(found ? core : "not here");
    });
    await new Promise<void>((resolve) => { server.listen(0, "127.0.0.1", resolve); });
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await library.init({ url: new URL("/core.wasm", base) });
    expect((await engineNow()).engine).toBe("wasm");
    const error = await refusal({ url: `${base}/missing.wasm` });
    expect([error.code, error.message]).toEqual(["engine", expect.stringMatching(/missing.wasm answered 404/)]);
    await new Promise((resolve) => { server.close(resolve); });
  });

  const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  /** (module (import "env" "print" (func))) */
  const importing = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 2, 13, 1, 3, 0x65, 0x6e, 0x76, 5, 0x70, 0x72, 0x69, 0x6e, 0x74, 0, 0);
  const wrong: [name: string, options: unknown, code: string, says: RegExp][] = [
    ["null", null, "type", /^options: expected an object, got null/],
    ["text", "reference", "type", /^options: .* got "reference"/],
    ["a misspelt option", { wasm: core }, "unknown", /^options.wasm: no such option; there are engine, threads, build, wide, module, url, bytes/],
    ["an unknown engine", { engine: "webgpu" }, "unknown", /^options.engine: expected one of wasm, reference, got "webgpu"/],
    ["an engine that is true", { engine: true }, "type", /^options.engine: .* got true/],
    ["bytes as text", { bytes: "AGFzbQ==" }, "type", /^options.bytes: expected a Uint8Array or an ArrayBuffer, got "AGFzbQ=="/],
    ["bytes as an array", { bytes: [0, 97] }, "type", /^options.bytes: .* got an array of 2/],
    ["bytes for the module", { module: core }, "type", /^options.module: expected a WebAssembly.Module, got Uint8Array of \d+/],
    ["a promise for the module", { module: Promise.resolve(empty) }, "type", /^options.module: .* got an object of type Promise/],
    ["a number for the URL", { url: 80 }, "type", /^options.url: expected a string or URL, got 80/],
    ["two sources", { bytes: core, url: "core.wasm" }, "conflict", /^options: expected one source of the engine, got url and bytes/],
    ["the reference from bytes", { engine: "reference", bytes: core }, "conflict", /got engine: "reference" and bytes/],
    ["no byte", { bytes: new Uint8Array(0) }, "engine", /^WebAssembly can't run the core here \(.*\); init\(\{ engine: "reference" \}\) runs without it/],
    ["bytes of something else", { bytes: Uint8Array.from("not wasm at all", (c) => c.charCodeAt(0)) }, "engine", /can't run the core here/],
    ["a core cut short", { bytes: core.subarray(0, core.length >> 1) }, "engine", /can't run the core here/],
    ["a module that is not the core", { module: empty }, "engine", /can't run the core here/],
    ["a module that wants functions", { bytes: importing }, "engine", /can't run the core here/],
    ["a URL that is none", { url: "no url" }, "engine", /can't run the core here/],
    ["a URL that nobody answers", { url: "http://127.0.0.1:1/core.wasm" }, "engine", /can't run the core here/],
  ];
  test.each(wrong)("refuses %s, and the engine stays as it was", async (_name, options, code, says) => {
    await library.init({ engine: "reference" });
    const error = await refusal(options);
    expect(error.message).toMatch(says);
    expect(error.code).toBe(code);
    expect((await engineNow()).engine).toBe("reference");
    await library.init();
    await refusal(options);
    expect((await engineNow()).engine).toBe("wasm");
  });

  test("that failed first does not keep the default from working", async () => {
    await refusal({ bytes: new Uint8Array(8) });
    expect((await engineNow()).engine).toBe("wasm");
  });
});

describe("the memory of the core", () => {
  test("that the runtime refuses is an error of code `memory`, and all others go on", async () => {
    using bystander = await library.Network.create(spec);
    const { core: before } = bystander.inspect();
    const grow = vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(() => { throw new RangeError("no"); });
    const outcome = await library.Network.create({ input: 3000, layers: [dense(3000)] }).catch((error: unknown) => error);
    grow.mockRestore();
    expect(outcome).toMatchObject({ code: "memory", message: expect.stringMatching(/WebAssembly got no memory of 0\.\d\d GiB/) });
    expect(bystander.inspect().core).toEqual(before);
    expect(bystander.predict(x)).toHaveLength(4);
    expect((await results()).losses).toHaveLength(2);
  });

  test("runs out in the middle of an initialisation without a trace", async () => {
    using bystander = await library.Network.create(spec);
    const { core: before } = bystander.inspect();
    const slice = vi.spyOn(Float32Array.prototype, "slice").mockImplementation(() => { throw new RangeError("Array buffer allocation failed"); });
    const outcome = await library.Network.create({ input: 8, layers: [dense(8, "tanh", { initializer: "orthogonal" })] }).catch((error: unknown) => error);
    slice.mockRestore();
    expect(outcome).toMatchObject({ code: "memory", message: expect.stringMatching(/^the runtime gave no array of 0\.00 GiB/) });
    expect(bystander.inspect().core.used).toBe(before.used);
  });
});
