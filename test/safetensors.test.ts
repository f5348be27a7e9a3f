import { beforeAll, describe, expect, test } from "vitest";
import { dense, Network, type NetworkSpec, Trainer } from "../src/index";
import { crc32 } from "../src/formats/crc32";
import { readSafetensors, writeSafetensors } from "../src/formats/safetensors";
import { refused } from "./support/refusals";

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

/** The metadata of another writer: version 1 is version 2 without a checksum. */
function unchecked({ "deltawasm.crc32": _checksum, ...metadata }: Record<string, string>) {
  return { ...metadata, "deltawasm.version": "1" };
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
    header.__metadata__ = unchecked(metadata);
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
  parts.header.__metadata__ = unchecked(parts.header.__metadata__);
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
  ["zeros", () => new Uint8Array(100), /its header has nothing more at character 0, where \{ should be/],
  ["a file cut in the header", () => file.subarray(0, 50), /its header claims \d+ bytes, the file has 50/],
  ["a file cut in the numbers", () => file.subarray(0, file.length - 1), /its checksum is "[0-9a-f]{8}", and "[0-9a-f]{8}" would be right: it was altered/],
  ["a byte too many", () => Uint8Array.from([...file, 0]), /its checksum is/],
  ["a changed bit", () => file.map((byte, at) => (at === file.length - 5 ? byte ^ 1 : byte)), /its checksum is/],
  ["a changed checksum", () => file.map((byte, at) => (at === 48 ? (byte === 0x30 ? 0x31 : 0x30) : byte)), /its checksum is/],
  ["a checksum of another writer's", network((parts) => { (parts.header.__metadata__ as Record<string, string>)["deltawasm.crc32"] = "00000000"; }), /its checksum is "00000000".*, and if another tool wrote it, leave deltawasm.crc32 out/],
  ["a checksum that is gone", network((parts) => { (parts.header.__metadata__ as Record<string, string>)["deltawasm.version"] = "2"; }), /its metadata has no deltawasm.crc32: it was altered/],
  ["a cut file without a checksum", () => network(() => {})().slice(0, -1), /claims bytes \d+ to \d+ of \d+/],
  ["a byte too many in a file without a checksum", () => Uint8Array.from([...network(() => {})(), 0]), /1 bytes after the last tensor/],
  ["a header of 2^64 − 1 bytes", () => fileOf("{}", 0, 2n ** 64n - 1n), /its header claims 18446744073709552000 bytes/],
  ["a header of 200 MB that isn't there", () => fileOf("{}", 0, 200_000_000n), /its header claims 200000000 bytes/],
  ["a header that is no UTF-8", () => fileOf("{}").map((byte, n) => (n === 8 ? 0xff : byte)), /its header is no text in UTF-8/],
  ["a header that is no JSON", () => fileOf("{'a': 1}"), /its header has "'a': 1}" at character 1, where a text in double quotes should be/],
  ["a header that is an array", () => fileOf([]), /its header has "\[\]" at character 0, where \{ should be/],
  ["a header that is null", () => fileOf("null"), /its header has "null" at character 0, where \{ should be/],
  ["a header nested 100,000 deep", () => fileOf(`{"a":${"[".repeat(1e5)}${"]".repeat(1e5)}}`), /its header has "\[+" at character 5, where \{ should be/],
  ["a shape nested 100,000 deep", () => fileOf(`{"a":{"shape":${"[".repeat(1e5)}${"]".repeat(1e5)}}}`), /where a whole number from 0 to 2\^53 − 1 should be/],
  ["10,000,000 brackets for a header", () => fileOf("[".repeat(1e7)), /where \{ should be/],
  ["a header with more after it", () => fileOf("{} {}"), /its header has "\{\}" at character 3, where the end of the header should be/],
  ["a header without its end", () => fileOf('{"a":{"dtype":"F32"'), /its header has nothing more at character 19, where \} should be/],
  ["a header with a mark of its order of bytes", () => fileOf("\ufeff{}"), /where \{ should be/],
  ["a text without its end", () => fileOf('{"a'), /nothing more at character 3, where the rest of a text should be/],
  ["a text that ends with a backslash", () => fileOf('{"a\\'), /where the rest of a text should be/],
  ["a text with a line break", () => fileOf('{"a\n":{}}'), /where the rest of a text should be/],
  ["a text with an unknown escape", () => fileOf('{"\\x41":{}}'), /where a text in JSON should be/],
  ["a comma before the end", () => fileOf('{"__metadata__":{},}'), /where a text in double quotes should be/],
  ["a tensor twice", () => fileOf('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\\u0061":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'), /the header has "a" twice/],
  ["metadata twice", () => fileOf('{"__metadata__":{},"__metadata__":{}}'), /the header has "__metadata__" twice/],
  ["a text twice", () => fileOf('{"__metadata__":{"a":"1","a":"2"}}'), /the metadata has "a" twice/],
  ["a shape twice", () => fileOf('{"a":{"shape":[0],"shape":[0]}}'), /tensor "a" has "shape" twice/],
  ["__proto__ twice", () => fileOf('{"__metadata__":{"__proto__":"1","__proto__":"2"}}'), /the metadata has "__proto__" twice/],
  ["an entry of an unknown kind", () => fileOf({ a: { ...tensor([1], [0, 4]), quantised: true } }, 4), /tensor "a" has "quantised", and the format knows dtype, shape and data_offsets/],
  ["an entry with a constructor", () => fileOf({ a: { constructor: "F32" } }), /tensor "a" has "constructor"/],
  ["no type of numbers", () => fileOf({ a: { shape: [0], data_offsets: [0, 0] } }), /tensor "a" has no dtype/],
  ["numbers of the type toString", () => fileOf({ a: tensor([0], [0, 0], "toString") }), /tensor "a" is of type "toString"/],
  ["metadata that is no object", () => fileOf({ __metadata__: "pt" }), /its header has "\\"pt\\"}" at character 16, where \{ should be/],
  ["metadata with numbers", () => fileOf({ __metadata__: { format: 1 } }), /where a text in double quotes should be/],
  ["an entry that is null", () => fileOf({ a: null }), /its header has "null}" at character 5, where \{ should be/],
  ["another type of numbers", () => fileOf({ a: tensor([1], [0, 1], "F8_E4M3") }, 1), /tensor "a" is of type "F8_E4M3", and F64, F32, F16, BF16, .* are read; make it float32 where it is saved/],
  ["no shape", () => fileOf({ a: tensor(undefined, [0, 4]) }, 4), /tensor "a" has no shape/],
  ["a negative size", () => fileOf({ a: tensor([-1], [0, 4]) }, 4), /its header has "-1\],.*" at character 29, where a whole number from 0 to 2\^53 − 1 should be/],
  ["a fractional size", () => fileOf({ a: tensor([0.5, 2], [0, 4]) }, 4), /"0.5,2.*where a whole number/],
  ["a size with an exponent", () => fileOf(JSON.stringify({ a: tensor([7], [0, 4]) }).replace("7", "1e0"), 4), /"1e0.*where a whole number/],
  ["a size with a zero in front", () => fileOf(JSON.stringify({ a: tensor([7], [0, 4]) }).replace("7", "01"), 4), /"01.*where a whole number/],
  ["a size of 2^53", () => fileOf({ a: tensor([2 ** 53], [0, 4]) }, 4), /"9007199254740992.*where a whole number/],
  ["a size of a million digits", () => fileOf(JSON.stringify({ a: tensor([7], [0, 4]) }).replace("7", "1".repeat(1e6)), 4), /where a whole number/],
  ["a size as text", () => fileOf({ a: tensor(["1"], [0, 4]) }, 4), /where a whole number/],
  ["a shape of a million axes", () => fileOf({ a: tensor(new Array(1e6).fill(1), [0, 4]) }, 4), /where at most 8 numbers should be/],
  ["a shape of too many numbers", () => fileOf({ a: tensor([2 ** 40, 2 ** 40], [0, 4]) }, 4), /has the shape \[1099511627776, 1099511627776\], which is more than any file holds/],
  ["a shape of too many numbers times none", () => fileOf({ a: tensor([2 ** 40, 2 ** 40, 0], [0, 0]) }), /more than any file holds/],
  ["no offsets", () => fileOf({ a: tensor([1], undefined) }, 4), /no data_offsets of two numbers/],
  ["three offsets", () => fileOf({ a: tensor([1], [0, 4, 8]) }, 8), /no data_offsets of two numbers/],
  ["offsets the wrong way round", () => fileOf({ a: tensor([1], [4, 0]) }, 4), /claims bytes 4 to 0/],
  ["offsets beyond the file", () => fileOf({ a: tensor([2], [0, 8]) }, 4), /claims bytes 0 to 8 of 4/],
  ["offsets that don't fit the shape", () => fileOf({ a: tensor([1], [0, 8]) }, 8), /tensor "a", F32 of shape \[1\], claims bytes 0 to 8 of 8/],
  ["a gap", () => fileOf({ a: tensor([1], [0, 4]), b: tensor([1], [8, 12]) }, 12), /bytes 4 to 8 belong to no tensor, or to two/],
  ["an overlap", () => fileOf({ a: tensor([2], [0, 8]), b: tensor([2], [4, 12]) }, 12), /bytes 4 to 8 belong to no tensor, or to two/],
  ["no spec", () => fileOf({ a: tensor([1], [0, 4]) }, 4), /has no deltawasm.spec: it holds tensors, but no network/],
  ["a version to come", network(({ header }) => { (header.__metadata__ as Record<string, string>)["deltawasm.version"] = "3"; }), /written in version "3" of the format; this release reads versions 1 and 2: load it with a newer one/],
  ["no version", network(({ header }) => { delete (header.__metadata__ as Record<string, string>)["deltawasm.version"]; }), /written in version undefined/],
  ["a spec that is no JSON", withSpec("{"), /its deltawasm.spec is not JSON/],
  ["a spec that is null", withSpec("null"), /^file: spec: expected an object, got null/],
  ["a spec with an unknown layer", withLayer({ type: "conv" }), /^file: spec.layers\[0\].type: .* got "conv"/],
  ["a spec with __proto__", withSpec('{"input":5,"layers":[],"__proto__":{}}'), /^file: spec.__proto__: no such option/],
  ["a spec of 4 TiB", withSpec(JSON.stringify({ ...spec, input: 2 ** 20, layers: [dense(2 ** 20), ...spec.layers.slice(1)] })), /^file: tensors\["0.weight"\]: expected \[1048576, 1048576\], 1099511627776 numbers, got \[9, 5\], 45 numbers/],
  ["a spec of 10,000 such layers", withSpec(JSON.stringify({ input: 2 ** 20, layers: new Array(10_000).fill(dense(2 ** 20)) })), /^file: tensors\["0.weight"\]: expected \[1048576, 1048576\]/],
  ["a spec of more layers than there may be", withSpec(JSON.stringify({ input: 1, layers: new Array(10_001).fill(dense(1)) })), /^file: spec.layers: expected at most 10000 layers/],
  ["a spec nested 100,000 deep", withSpec(`{"input":${"[".repeat(1e5)}${"]".repeat(1e5)}}`), /^file: spec/],
  ["a spec of 17 MB", withSpec(" ".repeat(17e6)), /its deltawasm.spec has 17000000 characters, and 16777216 are allowed/],
  ["a spec that the tensors don't fit", withLayer(dense(8)), /^file: tensors\["0.weight"\]: expected \[8, 5\]/],
  ["a tensor of another name", network(({ header }) => { header["9.bias"] = header["2.bias"]; delete header["2.bias"]; }), /^file: tensors: no parameter is named "9.bias"/],
  ["a tensor named __proto__", () => fileOf(JSON.stringify({ __metadata__: unchecked(parse(file).metadata) }).replace(/}$/, ',"__proto__":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}')), /^file: tensors: no parameter is named "__proto__"/],
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

describe("a spec for which the file has no numbers is refused before there is memory for any:", () => {
  const most = 2 ** 20;
  const nested = (depth: number) => `${'{"type":"residual","layers":['.repeat(depth)}{"type":"dense","units":5}${"]}".repeat(depth)}`;
  test.each<[string, string]>([
    ["dense", JSON.stringify({ input: most, layers: [dense(most)] })],
    ["conv2d", JSON.stringify({ input: [1024, 32, 32], layers: [{ type: "conv2d", channels: most, kernel: 31 }] })],
    ["conv2d of few outputs", JSON.stringify({ input: [1, 1024, 1024], layers: [{ type: "conv2d", channels: most, kernel: 1024 }] })],
    ["depthwiseConv2d", JSON.stringify({ input: [64, 128, 128], layers: [{ type: "depthwiseConv2d", kernel: 128 }] })],
    ["embedding", JSON.stringify({ input: 1, layers: [{ type: "embedding", count: most, size: most }] })],
    ["maxout", JSON.stringify({ input: most, layers: [{ type: "maxout", units: 1024, pieces: 1024 }] })],
    ["batchNorm", JSON.stringify({ input: most, layers: [{ type: "batchNorm" }] })],
    ["layerNorm", JSON.stringify({ input: most, layers: [{ type: "layerNorm" }] })],
    ["residual blocks in one another, 100,000 deep", `{"input":5,"layers":[${nested(100_000)}]}`],
    ["residual blocks in one another, 5 deep", `{"input":5,"layers":[${nested(6)}]}`],
    ["layers that take all layers", JSON.stringify({ input: 5, layers: Array.from({ length: 1000 }, (_, n) => ({ type: "concat", from: Array.from({ length: n + 1 }, (_, from) => from - 1) })) })],
    ["sizes beyond all numbers", '{"input":1e400,"layers":[{"type":"dense","units":1e999}]}'],
  ])("%s", async (_name, text) => {
    const bytes = withSpec(text)();
    const before = process.memoryUsage().arrayBuffers;
    const started = performance.now();
    const error = await refused(() => Network.load(bytes));
    expect([error.code, error.message]).toEqual(["file", expect.stringMatching(/^file: /)]);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30_000_000);
  });
});

test("names and texts are free", () => {
  const tensors = {
    "layer one": { shape: [2, 1], data: Float32Array.of(1, 2) }, scalar: { shape: [], data: Float32Array.of(3) },
    none: { shape: [0, 4], data: new Float32Array(0) }, "Ä\n\"": { shape: [1], data: Float32Array.of(4) }, "": { shape: [1], data: Float32Array.of(5) },
    "\ud800": { shape: [1], data: Float32Array.of(6) }, ["__proto__"]: { shape: [1], data: Float32Array.of(7) }, constructor: { shape: [1], data: Float32Array.of(8) },
  };
  const texts = { any: "text", 1: "\u2028\\", ["__proto__"]: "\"", "deltawasm.crc32": "is ours" };
  const { tensors: read, metadata, isChecked } = readSafetensors(writeSafetensors(tensors, texts));
  expect([...read].map(([name, { shape, floats }]) => [name, { shape, data: floats() }])).toEqual(Object.entries(tensors));
  expect([...metadata].filter(([key]) => key !== "deltawasm.crc32")).toEqual(Object.entries(texts).slice(0, -1));
  expect(isChecked).toBe(true);
});

test("the same content gives the same bytes, whatever checksum it had before", async () => {
  using loaded = await Network.load(file);
  expect(loaded.save()).toEqual(file);
  const { metadata } = readSafetensors(file);
  expect(writeSafetensors(trained.parameters(), Object.fromEntries(metadata))).toEqual(file);
});

test("the checksum is that of the file with zeros in its place, which is the same in every file", () => {
  const zeroed = file.slice();
  zeroed.fill(0x30, 44, 52);
  expect(Buffer.from(file.subarray(44, 52)).toString()).toBe(crc32(zeroed).toString(16).padStart(8, "0"));
});

test("100,000 tensors, or texts, or spaces, are read in a time in proportion", () => {
  const started = performance.now();
  const many = Array.from({ length: 100_000 }, (_, n) => n);
  const header = many.map((n) => `"t${n}":{"dtype":"U8","shape":[1],"data_offsets":[${100_000 - n - 1},${100_000 - n}]}`).join();
  expect(readSafetensors(fileOf(`{${header}}`, 100_000)).tensors.size).toBe(100_000);
  expect(readSafetensors(fileOf(`{"__metadata__":{${many.map((n) => `"${n}":"\\n"`).join()}}}`)).metadata.size).toBe(100_000);
  expect(readSafetensors(fileOf(`{${" ".repeat(3_000_000)}}`)).tensors.size).toBe(0);
  const long = "x\\n".repeat(1_000_000);
  expect(readSafetensors(fileOf(`{"__metadata__":{"a":"${long}"}}`)).metadata.get("a")).toHaveLength(2_000_000);
  expect(performance.now() - started).toBeLessThan(20_000);
});

test("more than 2^20 entries are refused", () => {
  const texts = Array.from({ length: 2 ** 20 + 1 }, (_, n) => `"${n}":""`).join();
  expect(() => readSafetensors(fileOf(`{"__metadata__":{${texts}}}`))).toThrow(/the metadata has more than 1048576 entries; split it/);
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
