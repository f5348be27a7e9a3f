import { describe, expect, test } from "vitest";
import { crc32 } from "../../src/formats/crc32";
import { SeededNumbers } from "../support/numbers";

const text = (value: string) => new TextEncoder().encode(value);

describe("crc32 is what zlib computes", () => {
  // Python 3.11: zlib.crc32(…). The first is the check value of CRC-32/ISO-HDLC in Cook, "Catalogue of parametrised CRC algorithms".
  test.each<[string, Uint8Array, number]>([
    ["123456789", text("123456789"), 0xcbf43926],
    ["nothing", text(""), 0],
    ["a", text("a"), 0xe8b7be43],
    ["a sentence", text("The quick brown fox jumps over the lazy dog"), 0x414fa339],
    ["all bytes", Uint8Array.from({ length: 256 }, (_, n) => n), 0x29058c73],
    ["1000 zeros", new Uint8Array(1000), 0x060b1780],
    ["1000003 times ff", new Uint8Array(1_000_003).fill(0xff), 0xa69f6a41],
  ])("of %s", (_name, bytes, sum) => expect(crc32(bytes)).toBe(sum));

  test("of every length up to 19, at every place in memory", () => {
    const sums = [
      0x0, 0x45d03605, 0x84f4fb98, 0x3753a57b, 0xa5328cbe, 0x9ececd5f, 0xb5416b8c, 0xef6f3b31, 0x648bad8b, 0x17dc5f9e, 0xa0125457, 0x0919340f,
      0x7a6c29ec, 0x7ec47ae4, 0xdca7a3c5, 0x53605ee3, 0x24e8a988, 0xcdfc844a, 0xa97e38a7, 0x3ca5f099,
    ];
    for (let place = 0; place < 9; place++) {
      const bytes = Uint8Array.from({ length: 40 }, (_, n) => ((n - place) * 37 + 11) & 255);
      expect(sums.map((_, length) => crc32(bytes.subarray(place, place + length)))).toEqual(sums);
    }
  });
});

test("the checksum of two pieces, one after the other, is that of the whole", () => {
  const numbers = new SeededNumbers(5);
  const bytes = Uint8Array.from({ length: 1000 }, () => numbers.below(256));
  for (let at = 0; at <= 1000; at++) expect(crc32(bytes.subarray(at), crc32(bytes.subarray(0, at)))).toBe(crc32(bytes));
});

test("any change of up to 32 bits side by side is another checksum", () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, n) => n * 5);
  const sum = crc32(bytes);
  const numbers = new SeededNumbers(6);
  for (let n = 0; n < 20_000; n++) {
    const changed = bytes.slice();
    const at = numbers.below(61);
    const flips = numbers.below(2 ** 24) + 1;
    for (let byte = 0; byte < 4; byte++) changed[at + byte]! ^= (flips >>> (8 * byte)) & 255;
    expect(crc32(changed)).not.toBe(sum);
  }
});

test("100 MB take less than two seconds", () => {
  const bytes = new Uint8Array(100_000_000);
  const started = performance.now();
  crc32(bytes);
  expect(performance.now() - started).toBeLessThan(2000);
});
