import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readBytes } from "../../src/data/bytes";
import { refused } from "../support/refusals";

// Bytes that don't pack well, more than a piece of output holds; then ones that do; then none.
const noise = Uint8Array.from({ length: 150_000 }, (_, n) => Math.imul(n, 2654435761) >>> 24);
const contents = [noise, new Uint8Array(200_000).fill(7), new Uint8Array(0), new TextEncoder().encode("a,b\n1,2\n")];
const whole = Buffer.concat(contents);
const members = contents.map((content) => gzipSync(content, { level: 9 }));
const packed = new Uint8Array(Buffer.concat(members));

function* cut(bytes: Uint8Array, length: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

describe("gzip of several members, one after the other, is read whole", () => {
  test.each([packed.length, 65_536, 1000, 17, 1])("in pieces of %d bytes", async (length) => {
    expect(Buffer.compare(await readBytes("file", cut(packed, length)), whole)).toBe(0);
  });

  test("cut between members, and with padding behind the last", async () => {
    expect(Buffer.compare(await readBytes("file", members), whole)).toBe(0);
    expect(Buffer.compare(await readBytes("file", [...members, new Uint8Array(3), new Uint8Array(509)]), whole)).toBe(0);
  });

  test("as a stream and as a blob", async () => {
    expect(Buffer.compare(await readBytes("file", new Blob([packed])), whole)).toBe(0);
    expect(Buffer.compare(await readBytes("file", new Blob([packed]).stream()), whole)).toBe(0);
  });
});

const one = gzipSync("hello");
const altered = (at: number) => {
  const bytes = new Uint8Array(one);
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  return bytes;
};

test.each<[string, Uint8Array[], RegExp]>([
  ["is cut off within a member", [packed.subarray(0, -3)], /^file: its gzip is damaged or cut off \(it ends too early\); copy it again$/],
  ["is cut off within its head", [one.subarray(0, 5)], /\(it ends too early\)/],
  ["ends within the head of another member", [one, one.subarray(0, 1)], /\(it ends too early\)/],
  ["has something else behind its end", [one, new TextEncoder().encode("garbage")], /\(behind its end there is something that is no gzip\)/],
  ["has something else behind its second end", [one, one, new TextEncoder().encode("g"), new TextEncoder().encode("arbage")], /\(behind the end of its member 2 there is something that is no gzip\)/],
  ["has something else behind its padding", [one, new Uint8Array(20), Uint8Array.of(1)], /\(behind its end there is something that is no gzip\)/],
  ["has another sum", [altered(-8)], /\(incorrect data check\)/],
  ["has another length", [altered(-1)], /\(incorrect length check\)/],
  ["is packed in another way", [altered(2)], /\(unknown compression method\)/],
])("what %s is refused", async (_, pieces, words) => {
  const error = await refused(() => readBytes("file", pieces));
  expect([error.code, error.message]).toEqual(["file", expect.stringMatching(words)]);
});
