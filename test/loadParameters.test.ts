import { readFileSync } from "node:fs";
import { beforeEach, afterEach, describe, expect, test } from "vitest";
import { activation, dense, Network, type NetworkSpec, Trainer } from "../src/index";
import { writeSafetensors, type TensorToWrite } from "../src/formats/safetensors";
import { writeNetworkFile } from "../src/network/file";
import { refused } from "./support/refusals";

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url));
/** That of the fixture, with an activation where it has its normalisation. */
const spec = { input: 3, layers: [dense(4), activation("tanh"), dense(2), dense(5)], seed: 4 } satisfies NetworkSpec;

let network: Network;
beforeEach(async () => {
  network = await Network.create(spec);
});
afterEach(() => network.dispose());

const file = (change: (tensors: Record<string, TensorToWrite>) => void = () => {}, metadata = {}) => {
  const tensors: Record<string, TensorToWrite> = { ...network.parameters() };
  change(tensors);
  return writeSafetensors(tensors, metadata);
};
const one = { shape: [1], data: Float32Array.of(1) };

describe("loadParameters", () => {
  test("takes a network's own file, and trains on from there as the other does", async () => {
    using other = await Network.create({ ...spec, seed: 5 });
    new Trainer(other, { loss: "squaredError" }).step([1, 2, 3], [1, 2, 3, 4, 5]);
    network.loadParameters(other.save());
    expect(network.parameters()).toEqual(other.parameters());
    expect(network.spec.seed).toBe(4);
    const [one, two] = [network, other].map((each) => [new Trainer(each, { loss: "squaredError" }).step([3, 2, 1], [1, 2, 3, 4, 5]), each.predict([1, 1, 1])]);
    expect(one).toEqual(two);
  });

  test("takes what PyTorch saved, in floats of any width", () => {
    network.loadParameters(fixture("pytorch/foreign.safetensors"), { strict: false });
    const expected = JSON.parse(fixture("pytorch/foreign.json").toString()) as Record<string, { shape: number[]; data: number[] }>;
    for (const [name, { shape, data }] of Object.entries(network.parameters())) expect({ shape, data: [...data] }, name).toEqual(expected[name]);
  });

  test("leaves num_batches_tracked alone, and of other tensors only what it is told to", async () => {
    const before = network.parameters();
    network.loadParameters(file((tensors) => Object.assign(tensors, { "1.num_batches_tracked": one, num_batches_tracked: one })));
    const bytes = file((tensors) => Object.assign(tensors, { "9.weight": one }));
    const error = await refused(() => network.loadParameters(bytes));
    expect([error.code, error.message]).toEqual(["unknown", 'file: no parameter is named "9.weight"; there are 0.weight, 2.weight, 3.weight, 0.bias, 2.bias, 3.bias; { strict: false } leaves such tensors alone']);
    network.loadParameters(bytes, { strict: false });
    expect(network.parameters()).toEqual(before);
  });

  test("takes the parameters of a trainer's file", async () => {
    const tensors = { ...network.parameters(), "optimizer.momentum.0.weight": one, "best.0.weight": one };
    const bytes = writeNetworkFile(network.spec, tensors, {}, "{}");
    network.loadParameters(bytes);
    using loaded = await Network.load(bytes);
    expect(loaded.parameters()).toEqual(network.parameters());
    expect((await refused(() => Network.load(writeNetworkFile(network.spec, { ...tensors, "other.0.weight": one }, {})))).message)
      .toMatch(/^file: tensors: no parameter is named "other.0.weight"/);
    // In a file of another origin, such names mean nothing.
    expect((await refused(() => network.loadParameters(writeSafetensors(tensors, {})))).code).toBe("unknown");
  });

  const refusals: [what: string, bytes: () => unknown, options: unknown, code: string, says: RegExp][] = [
    ["no bytes", () => "weights.safetensors", undefined, "type", /^bytes: expected a Uint8Array or an ArrayBuffer, got "weights.safetensors"/],
    ["a damaged file", () => file().subarray(0, 100), undefined, "file", /^file: not a safetensors file that can be read: its header claims/],
    ["a changed file", () => file().map((byte, at, all) => (at === all.length - 1 ? byte ^ 1 : byte)), undefined, "file", /^file: its checksum is/],
    ["a parameter too few", () => file((tensors) => { delete tensors["2.bias"]; }), { strict: false }, "shape", /^file: the parameter "2.bias" is missing/],
    ["another shape", () => file((tensors) => { tensors["2.bias"] = one; }), undefined, "shape", /^file\["2.bias"\]: expected \[2\], 2 numbers, got \[1\], 1 numbers/],
    ["a turned shape", () => file((tensors) => { tensors["0.weight"] = { ...tensors["0.weight"]!, shape: [3, 4] }; }), undefined, "shape", /^file\["0.weight"\]: expected \[4, 3\], 12 numbers, got \[3, 4\]/],
    ["NaN", () => file((tensors) => { tensors["2.bias"] = { shape: [2], data: Float32Array.of(0, NaN) }; }), undefined, "nonFinite", /^file\["2.bias"\].data: expected finite numbers, got NaN at 1/],
    ["whole numbers", () => foreign({ "2.bias": ["I32", 2, 8] }), { strict: false }, "type", /^file\["2.bias"\]: expected F32, F64, F16 or BF16, got I32; make it float32/],
    ["a number beyond 32 bits", () => foreign({ "2.bias": ["F64", 2, 16] }, 0x7e), { strict: false }, "nonFinite", /^file\["2.bias"\].data: expected finite numbers, got Infinity at 0/],
    ["null for options", () => file(), null, "type", /^options: expected an object, got null/],
    ["an unknown option", () => file(), { strickt: false }, "unknown", /^options.strickt: no such option; there is strict/],
    ["a text for strict", () => file(), { strict: "no" }, "type", /^options.strict: expected true or false, got "no"/],
    ["a network's file of a newer version", () => file(undefined, { "deltawasm.version": "3" }), undefined, "file", /^file: written in version "3" of the format/],
  ];

  /** A file of tensors with one size, filled with one byte. */
  function foreign(tensors: Record<string, [dtype: string, count: number, bytes: number]>, fill = 0): Uint8Array {
    const header: Record<string, unknown> = {};
    let end = 0;
    for (const [name, { shape, data }] of Object.entries(network.parameters())) {
      const [dtype, count, bytes] = tensors[name] ?? ["F32", 0, data.byteLength];
      header[name] = { dtype, shape: count === 0 ? shape : [count], data_offsets: [end, end += bytes] };
    }
    const text = new TextEncoder().encode(JSON.stringify(header));
    const bytes = new Uint8Array(8 + text.length + end).fill(fill);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
    bytes.set(text, 8);
    return bytes;
  }

  test.each(refusals)("refuses %s, and has changed nothing", async (_what, bytes, options, code, says) => {
    const before = network.parameters();
    const error = await refused(() => network.loadParameters(bytes() as Uint8Array, options as object));
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(says)]);
    expect(network.parameters()).toEqual(before);
  });

  test("of a disposed network is refused", async () => {
    const bytes = file();
    using other = await Network.create(spec);
    other.dispose();
    expect((await refused(() => other.loadParameters(bytes))).code).toBe("disposed");
  });
});
