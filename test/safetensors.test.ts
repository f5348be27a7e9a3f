import { beforeAll, describe, expect, test } from "vitest";
import { dense, Network, type NetworkSpec, Trainer } from "../src/index";
import { readSafetensors, writeSafetensors } from "../src/formats/safetensors";
import { refused } from "./support/refusals";
import { SeededNumbers } from "./support/numbers";

const spec = {
  input: 5, layers: [dense(9, { type: "leakyRelu", slope: 0.2 }), dense(4, "gelu", { bias: false }), dense(3, "softmax")], seed: 21,
} satisfies NetworkSpec;

let trained: Network;
let file: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  trained = await Network.create(spec);
  const trainer = new Trainer(trained, { loss: "crossEntropy" });
  for (let n = 0; n < 20; n++) trainer.step([[1, 2, 3, 4, 5], [5, 4, 3, 2, 1]], [0, 2]);
  file = trained.save();
});

/** The format, read anew from its description: https://github.com/huggingface/safetensors#format */
function parse(bytes: Uint8Array) {
  const length = Number(Buffer.from(bytes.subarray(0, 8)).readBigUInt64LE());
  const { __metadata__: metadata, ...entries } = JSON.parse(Buffer.from(bytes.subarray(8, 8 + length)).toString("utf8"));
  const numbers = Buffer.from(bytes.subarray(8 + length));
  const tensors = Object.entries(entries as Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>)
    .map(([name, { dtype, shape, data_offsets: [begin, end] }]) => ({
      name, dtype, shape, begin, end, values: Array.from({ length: (end - begin) / 4 }, (_, n) => numbers.readFloatLE(begin + 4 * n)),
    }));
  return { length, metadata, tensors, size: numbers.length };
}

/** A file with a header of one's own. */
function fileOf(header: unknown, numbers = 0, length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + numbers);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

describe("a saved network", () => {
  test("comes back with the same bits, and predicts and trains on as it did", async () => {
    using loaded = await Network.load(file);
    expect(loaded.spec).toEqual(trained.spec);
    expect(loaded.parameters()).toEqual(trained.parameters());
    expect(loaded.save()).toEqual(file);
    const [one, two] = [trained, loaded].map((network) => {
      const trainer = new Trainer(network, { loss: "crossEntropy" });
      return [trainer.step([1, 2, 3, 4, 5], [1]), network.predict([5, 4, 3, 2, 1])];
    });
    expect(two).toEqual(one);
    trained.setParameters(Object.fromEntries(parse(file).tensors.map(({ name, values }) => [name, { data: values }])));
    expect(trained.save()).toEqual(file);
  });

  test("is a file that any other reader understands, with PyTorch's names and shapes", () => {
    const { tensors, length, size, metadata } = parse(file);
    expect(tensors.map(({ name, shape }) => [name, shape])).toEqual([
      ["0.weight", [9, 5]], ["0.bias", [9]], ["1.weight", [4, 9]], ["2.weight", [3, 4]], ["2.bias", [3]],
    ]);
    expect(tensors.every(({ dtype }) => dtype === "F32")).toBe(true);
    expect(Object.fromEntries(tensors.map(({ name, values }) => [name, Float32Array.from(values)])))
      .toEqual(Object.fromEntries(Object.entries(trained.parameters()).map(([name, { data }]) => [name, data])));
    // Without a gap, from the first byte to the last, and aligned.
    expect(tensors.map(({ begin }) => begin)).toEqual([0, ...tensors.slice(0, -1).map(({ end }) => end)]);
    expect(tensors.at(-1)!.end).toBe(size);
    expect(length % 8).toBe(0);
    expect(metadata.format).toBe("pt");
    expect(JSON.parse(metadata["deltawasm.spec"])).toEqual(spec);
  });

  test("keeps extreme numbers, and zeros of both signs", async () => {
    using network = await Network.create({ input: 3, layers: [dense(2)] });
    const data = Float32Array.of(3.4028234663852886e38, 1.401298464324817e-45, -0, -1.1754943508222875e-38, 1 / 3, -3.4028234663852886e38);
    network.setParameters({ "0.weight": { data } });
    using loaded = await Network.load(network.save());
    const bits = (numbers: Float32Array) => Array.from(new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length));
    expect(bits(loaded.parameters()["0.weight"]!.data)).toEqual(bits(data));
  });

  const containers: [name: string, bytes: () => Uint8Array | ArrayBuffer][] = [
    ["a buffer", () => file.buffer],
    ["a Buffer of Node", () => Buffer.from(file)],
    ["an odd part of a larger buffer", () => Uint8Array.from([7, 7, 7, ...file, 7]).subarray(3, -1)],
    ["shared memory", () => {
      const shared = new Uint8Array(new SharedArrayBuffer(file.length));
      shared.set(file);
      return shared;
    }],
    ["a class of one's own", () => new (class extends Uint8Array {})(file)],
  ];
  test.each(containers)("is read from %s", async (_name, bytes) => {
    using loaded = await Network.load(bytes());
    expect(loaded.save()).toEqual(file);
  });

  test("is read however another writer ordered and padded it", async () => {
    const { tensors, metadata } = parse(file);
    const header: Record<string, unknown> = {};
    for (const { name, shape, dtype, begin, end } of [...tensors].reverse()) header[name] = { data_offsets: [begin, end], shape, dtype };
    header.__metadata__ = metadata;
    const written = fileOf(`${JSON.stringify(header, null, 2)}\n  `, parse(file).size);
    written.set(file.subarray(file.length - parse(file).size), written.length - parse(file).size);
    using loaded = await Network.load(written);
    expect(loaded.save()).toEqual(file);
  });
});

describe("load refuses what is no bytes, as a matter of type:", () => {
  test.each<[string, unknown]>([
    ["nothing", undefined], ["null", null], ["text", "bytes"], ["an array", [1, 2, 3]], ["floats", new Float32Array(4)],
    ["a view", new DataView(new ArrayBuffer(8))], ["a promise", Promise.resolve()], ["a spec", spec],
  ])("%s", async (_name, bytes) => {
    const error = await refused(() => Network.load(bytes as Uint8Array));
    expect([error.code, error.message]).toEqual(["type", expect.stringMatching(/^bytes: expected a Uint8Array or an ArrayBuffer, got /)]);
  });
});

const tensor = (shape: unknown, offsets: unknown, dtype: unknown = "F32") => ({ dtype, shape, data_offsets: offsets });
const network = (change: (file: { header: Record<string, never>; numbers: Uint8Array }) => void) => () => {
  const { length, size } = parse(file);
  const parts = {
    header: JSON.parse(Buffer.from(file.subarray(8, 8 + length)).toString()), numbers: file.slice(file.length - size),
  };
  change(parts);
  const bytes = fileOf(parts.header, parts.numbers.length);
  bytes.set(parts.numbers, bytes.length - parts.numbers.length);
  return bytes;
};
const withSpec = (text: string) => network(({ header }) => { (header.__metadata__ as Record<string, string>)["deltawasm.spec"] = text; });
const withLayer = (layer: object) => withSpec(JSON.stringify({ ...spec, layers: [layer, ...spec.layers.slice(1)] }));

const badFiles: [what: string, bytes: () => Uint8Array, says: RegExp][] = [
  ["no byte", () => new Uint8Array(0), /expected at least 8 bytes, got 0/],
  ["seven bytes", () => new Uint8Array(7), /expected at least 8 bytes, got 7/],
  ["zeros", () => new Uint8Array(100), /its header is not JSON/],
  ["a file cut in the header", () => file.subarray(0, 50), /its header claims \d+ bytes, the file has 50/],
  ["a file cut in the numbers", () => file.subarray(0, file.length - 1), /claims bytes \d+ to \d+ of \d+/],
  ["a byte too many", () => Uint8Array.from([...file, 0]), /1 bytes after the last tensor/],
  ["a header of 2^64 − 1 bytes", () => fileOf("{}", 0, 2n ** 64n - 1n), /its header claims 18446744073709552000 bytes/],
  ["a header of 200 MB that isn't there", () => fileOf("{}", 0, 200_000_000n), /its header claims 200000000 bytes/],
  ["a header that is no UTF-8", () => fileOf("{}").map((byte, n) => (n === 8 ? 0xff : byte)), /its header is not JSON/],
  ["a header that is no JSON", () => fileOf("{'a': 1}"), /its header is not JSON/],
  ["a header that is an array", () => fileOf([]), /its header is not an object/],
  ["a header that is null", () => fileOf("null"), /its header is not an object/],
  ["a header nested 100,000 deep", () => fileOf(`{"a":${"[".repeat(1e5)}${"]".repeat(1e5)}}`), /its header is not JSON|is of type undefined/],
  ["metadata that is no object", () => fileOf({ __metadata__: "pt" }), /its metadata is not an object of texts/],
  ["metadata with numbers", () => fileOf({ __metadata__: { format: 1 } }), /its metadata is not an object of texts/],
  ["an entry that is null", () => fileOf({ a: null }), /tensor "a" is of type undefined/],
  ["another type of numbers", () => fileOf({ a: tensor([1], [0, 2], "F16") }, 2), /tensor "a" is of type "F16"; 32-bit floats \(F32\) are read/],
  ["no shape", () => fileOf({ a: tensor(undefined, [0, 4]) }, 4), /tensor "a" has no valid shape/],
  ["a negative size", () => fileOf({ a: tensor([-1], [0, 4]) }, 4), /no valid shape/],
  ["a fractional size", () => fileOf({ a: tensor([0.5, 2], [0, 4]) }, 4), /no valid shape/],
  ["a size as text", () => fileOf({ a: tensor(["1"], [0, 4]) }, 4), /no valid shape/],
  ["a shape of a million axes", () => fileOf({ a: tensor(new Array(1e6).fill(1), [0, 4]) }, 4), /no valid shape/],
  ["a shape of too many numbers", () => fileOf({ a: tensor([2 ** 40, 2 ** 40], [0, 4]) }, 4), /claims bytes 0 to 4 of 4/],
  ["no offsets", () => fileOf({ a: tensor([1], undefined) }, 4), /no valid offsets/],
  ["three offsets", () => fileOf({ a: tensor([1], [0, 4, 8]) }, 8), /no valid offsets/],
  ["offsets the wrong way round", () => fileOf({ a: tensor([1], [4, 0]) }, 4), /claims bytes 4 to 0/],
  ["offsets beyond the file", () => fileOf({ a: tensor([2], [0, 8]) }, 4), /claims bytes 0 to 8 of 4/],
  ["offsets that don't fit the shape", () => fileOf({ a: tensor([1], [0, 8]) }, 8), /of shape \[1\] claims bytes 0 to 8/],
  ["a gap", () => fileOf({ a: tensor([1], [0, 4]), b: tensor([1], [8, 12]) }, 12), /bytes 4 to 8 belong to no tensor, or to two/],
  ["an overlap", () => fileOf({ a: tensor([2], [0, 8]), b: tensor([2], [4, 12]) }, 12), /bytes 4 to 8 belong to no tensor, or to two/],
  ["no spec", () => fileOf({ a: tensor([1], [0, 4]) }, 4), /has no deltawasm.spec: it holds tensors, but no network/],
  ["a version to come", network(({ header }) => { (header.__metadata__ as Record<string, string>)["deltawasm.version"] = "2"; }), /written in version 2 of the format; this release reads version 1/],
  ["a spec that is no JSON", withSpec("{"), /its deltawasm.spec is not JSON/],
  ["a spec that is null", withSpec("null"), /^file: spec: expected an object, got null/],
  ["a spec with an unknown layer", withLayer({ type: "conv" }), /^file: spec.layers\[0\].type: .* got "conv"/],
  ["a spec with __proto__", withSpec('{"input":5,"layers":[],"__proto__":{}}'), /^file: spec.__proto__: no such option/],
  ["a spec of 4 TiB", withLayer(dense(2 ** 20)), /^file: tensors\["0.weight"\]: expected \[1048576, 5\]/],
  ["a spec that the tensors don't fit", withLayer(dense(8)), /^file: tensors\["0.weight"\]: expected \[8, 5\]/],
  ["a tensor of another name", network(({ header }) => { header["9.bias"] = header["2.bias"]; delete header["2.bias"]; }), /^file: tensors: no parameter is named "9.bias"/],
  ["a tensor named __proto__", () => fileOf(JSON.stringify({ __metadata__: parse(file).metadata }).replace(/}$/, ',"__proto__":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}')), /^file: tensors: no parameter is named "__proto__"/],
  ["a tensor too few", network((parts) => { parts.numbers = parts.numbers.slice(0, -12); delete parts.header["2.bias"]; }), /^file: tensors: the parameter "2.bias" is missing/],
  ["a turned tensor", network(({ header }) => { (header["0.weight"] as { shape: number[] }).shape = [5, 9]; }), /^file: tensors\["0.weight"\]: expected \[9, 5\], 45 numbers, got \[5, 9\]/],
  ["a weight that is NaN", network(({ numbers }) => numbers.fill(0xff, 0, 4)), /^file: tensors\["0.weight"\].data: expected finite numbers, got NaN at 0/],
  ["a weight that is infinite", network(({ numbers }) => numbers.set([0, 0, 0x80, 0x7f], 8)), /^file: tensors\["0.weight"\].data: expected finite numbers, got Infinity at 2/],
];

describe("load refuses, with the code `file`,", () => {
  test.each(badFiles)("%s", async (_name, bytes, says) => {
    const before = trained.inspect();
    const error = await refused(() => Network.load(bytes()));
    expect(error.message).toMatch(says);
    expect(error.code).toBe("file");
    expect(error.message.length).toBeLessThan(500);
    expect(trained.inspect()).toEqual(before);
  });

  test("tensors that share their bytes, before anything is copied", () => {
    const header = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`t${n}`, tensor([250_000], [0, 1_000_000])]));
    const bytes = fileOf(header, 1_000_000);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => readSafetensors(bytes)).toThrow(/belong to no tensor, or to two/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
  });
});

test("tensors without a network are read for setParameters, and names are free", () => {
  const tensors = { "layer one": { shape: [2, 1], data: Float32Array.of(1, 2) }, scalar: { shape: [], data: Float32Array.of(3) }, none: { shape: [0, 4], data: new Float32Array(0) }, "Ä\n\"": { shape: [1], data: Float32Array.of(4) } };
  expect(readSafetensors(writeSafetensors(tensors, { any: "text" }))).toEqual({ tensors, metadata: { any: "text" } });
});

/** Ways in which a file goes wrong on disk, on the wire, or in bad hands. */
const mutations: ((bytes: Uint8Array, numbers: SeededNumbers) => Uint8Array)[] = [
  (bytes, numbers) => bytes.fill(numbers.below(256), numbers.below(bytes.length), numbers.below(bytes.length)),
  (bytes, numbers) => bytes.subarray(0, numbers.below(bytes.length)),
  (bytes, numbers) => bytes.subarray(numbers.below(bytes.length)),
  (bytes, numbers) => {
    for (let n = 0; n < 3; n++) bytes[numbers.below(700)] = numbers.below(256);
    return bytes;
  },
  (bytes, numbers) => {
    bytes[numbers.below(bytes.length)]! ^= 1 << numbers.below(8);
    return bytes;
  },
  (bytes, numbers) => {
    // A digit, bracket or quote of the header becomes another: still JSON now and then.
    const at = 8 + numbers.below(650);
    bytes[at] = numbers.pick([..."0123456789[]{},:\"-.e "]).charCodeAt(0);
    return bytes;
  },
  (bytes, numbers) => bytes.copyWithin(numbers.below(bytes.length), numbers.below(bytes.length), numbers.below(bytes.length)),
];

test("30,000 damaged files are refused, or hold a network of finite numbers", async () => {
  const numbers = new SeededNumbers(77);
  const { used } = trained.inspect().core;
  const outcomes = { file: 0, loaded: 0 };
  for (let n = 0; n < 30_000; n++) {
    const bytes = numbers.pick(mutations)(file.slice(), numbers);
    try {
      using network = await Network.load(bytes);
      const { data } = network.parameters()["0.weight"]!;
      expect(data.every(Number.isFinite)).toBe(true);
      outcomes.loaded++;
    } catch (error) {
      expect(error).toMatchObject({ name: "DeltawasmError", code: "file" });
      outcomes.file++;
    }
  }
  // A flipped bit of a weight is another weight; all else is told.
  expect(outcomes.file).toBeGreaterThan(15_000);
  expect(outcomes.loaded).toBeGreaterThan(1000);
  expect(trained.inspect().core.used).toBe(used);
});

describe("setParameters", () => {
  test("replaces some and leaves the others", async () => {
    using network = await Network.create(spec);
    const before = network.parameters();
    network.setParameters({ "2.bias": { data: [1, 2, 3] }, "1.weight": { shape: [4, 9], data: new Float64Array(36).fill(0.5) } });
    expect(network.parameters()).toEqual({
      ...before, "2.bias": { shape: [3], data: Float32Array.of(1, 2, 3) }, "1.weight": { shape: [4, 9], data: new Float32Array(36).fill(0.5) },
    });
  });

  test("takes what parameters() of a network of the same shape gives", async () => {
    using network = await Network.create({ ...spec, seed: 99 });
    network.setParameters(trained.parameters());
    expect(network.parameters()).toEqual(trained.parameters());
  });

  test("of nothing changes nothing", async () => {
    using network = await Network.create(spec);
    const before = network.parameters();
    network.setParameters({});
    expect(network.parameters()).toEqual(before);
  });

  test("what parameters() gave is a copy", async () => {
    using network = await Network.create(spec);
    const before = network.parameters();
    network.parameters()["0.weight"]!.data.fill(9);
    expect(network.parameters()).toEqual(before);
  });
});
