import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readIdx } from "deltawasm/data";
import { refused } from "../support/refusals";

// Written by Python's struct and gzip: test/fixtures/data/make.py.
const files = JSON.parse(readFileSync(new URL("../fixtures/data/idx.json", import.meta.url), "utf8")) as Record<string, { hex: string; gzip: string; values: number[] }>;
const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));

test.each(Object.entries(files))("reads %s, plain and packed, in pieces", async (name, { hex, gzip, values }) => {
  for (const bytes of [bytesOf(hex), bytesOf(gzip)]) {
    for (const source of [bytes, new Blob([bytes]), [bytes.slice(0, 1), bytes.slice(1, 9), bytes.slice(9)]]) {
      const { shape, data } = await readIdx(source);
      expect(shape).toEqual([2, 3]);
      expect([...data]).toEqual(values);
      expect(data.constructor.name.toLowerCase()).toContain(name);
    }
  }
});

test("refuses text, whose bytes are lost", async () => {
  const error = await refused(() => readIdx("\0\0\b\u0001"));
  expect([error.code, error.message]).toEqual(["type", expect.stringMatching(/^idx: expected bytes, got text/)]);
});

const whole = bytesOf(files.uint8.hex);
const altered = (change: (bytes: Uint8Array) => void) => {
  const bytes = whole.slice();
  change(bytes);
  return bytes;
};

test.each<[string, Uint8Array, string, RegExp]>([
  ["nothing", new Uint8Array(0), "file", /^idx: not an IDX file: it has 0 bytes/],
  ["text", new TextEncoder().encode("a,b\n1,2\n"), "file", /starts with the bytes 97 44 98 10, expected 0 0, a type/],
  ["a type that doesn't exist", altered((bytes) => { bytes[2] = 7; }), "file", /starts with the bytes 0 0 7 2/],
  ["no axes", altered((bytes) => { bytes[3] = 0; }), "file", /starts with the bytes 0 0 8 0/],
  ["a head that is cut off", whole.slice(0, 9), "file", /ends within the sizes of its 2 axes/],
  ["numbers that are cut off", whole.slice(0, -1), "file", /is cut off: 2 × 3 numbers of 1 bytes are 6 bytes, and it has 5/],
  ["numbers too many", Uint8Array.of(...whole, 1), "file", /has too much/],
  ["an axis of 0", altered((bytes) => { bytes[7] = 0; }).slice(0, 12), "empty", /a size of 0 × 3/],
])("refuses %s", async (_, bytes, code, words) => {
  const error = await refused(() => readIdx(bytes));
  expect(error.message).toMatch(words);
  expect(error.code).toBe(code);
});
