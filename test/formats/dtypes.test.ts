import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { crc32 } from "../../src/formats/crc32";
import { type Dtype, toFloats } from "../../src/formats/dtypes";
import { readSafetensors } from "../../src/formats/safetensors";

const bytesOf = (view: ArrayBufferView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
const all16 = Uint16Array.from({ length: 65536 }, (_, n) => n);

/** The checksum of floats, every NaN as 7fc00000. */
function sumOf(floats: Float32Array<ArrayBuffer>): string {
  const words = new Uint32Array(floats.buffer);
  floats.forEach((value, n) => {
    if (Number.isNaN(value)) words[n] = 0x7fc00000;
  });
  return crc32(bytesOf(words)).toString(16);
}

describe("all 65536 numbers of 16 bits are what PyTorch makes of them", () => {
  // PyTorch 1.13: zlib.crc32 of torch.arange(65536)… .view(torch.float16).float(), NaNs as above; NumPy 1.24 says the same of float16.
  test("as float16", () => expect(sumOf(toFloats("F16", bytesOf(all16)))).toBe("3020c7a7"));
  test("as bfloat16", () => expect(sumOf(toFloats("BF16", bytesOf(all16)))).toBe("28c5ed34"));
});

describe("numbers become 32-bit floats:", () => {
  test.each<[Dtype, ArrayBufferView, number[]]>([
    ["F64", Float64Array.of(1 / 3, 1e300, -1e300, 1e-300, -0, NaN, Infinity), [Math.fround(1 / 3), Infinity, -Infinity, 0, -0, NaN, Infinity]],
    ["F32", Float32Array.of(1 / 3, -0, NaN, 1e-45), [Math.fround(1 / 3), -0, NaN, Math.fround(1e-45)]],
    ["I64", BigInt64Array.of(5n, -(2n ** 63n), 2n ** 53n + 1n), [5, -(2 ** 63), 2 ** 53]],
    ["U64", BigUint64Array.of(5n, 2n ** 64n - 1n), [5, 2 ** 64]],
    ["I32", Int32Array.of(5, -(2 ** 31), 2 ** 24 + 1), [5, -(2 ** 31), 2 ** 24]],
    ["U32", Uint32Array.of(5, 2 ** 32 - 1), [5, 2 ** 32]],
    ["I16", Int16Array.of(5, -32768), [5, -32768]],
    ["U16", Uint16Array.of(5, 65535), [5, 65535]],
    ["I8", Int8Array.of(5, -128), [5, -128]],
    ["U8", Uint8Array.of(5, 255), [5, 255]],
    ["BOOL", Uint8Array.of(0, 1, 2), [0, 1, 1]],
  ])("%s", (dtype, numbers, floats) => {
    const bytes = bytesOf(numbers);
    expect([...toFloats(dtype, bytes)]).toEqual(floats);
    // As in a file, at any place.
    const moved = new Uint8Array(bytes.length + 3);
    moved.set(bytes, 3);
    expect([...toFloats(dtype, moved.subarray(3))]).toEqual(floats);
  });
});

test("a file of another writer is read, number by number", () => {
  const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
  const { tensors, metadata, isChecked } = readSafetensors(fixture("pytorch/foreign.safetensors"));
  const expected = JSON.parse(fixture("pytorch/foreign.json").toString()) as Record<string, { shape: number[]; data: number[] }>;
  expect(Object.fromEntries([...tensors].map(([name, { shape, floats }]) => [name, { shape, data: [...floats()] }]))).toEqual(expected);
  expect(Object.fromEntries([...tensors].map(([name, { dtype }]) => [name, dtype]))).toMatchObject({
    "0.weight": "F16", "0.bias": "F64", "2.weight": "BF16", "3.weight": "F32", "1.num_batches_tracked": "I64", flags: "BOOL", counts: "I64",
  });
  expect([Object.fromEntries(metadata), isChecked]).toEqual([{ format: "pt" }, false]);
});
