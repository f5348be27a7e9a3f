// CRC-32 as in zlib, PNG and Ethernet (ISO-HDLC: polynomial 04c11db7, reflected), eight bytes at a time: Kounavis & Berry, "A Systematic
// Approach to Building High Performance Software-based CRC Generators", 2005 ("slicing-by-8").

const POLYNOMIAL = 0xedb88320;
const SLICES = 8;
/** Bytes of a piece: offsets in it are small integers to every engine. */
const PIECE = 2 ** 29;

let tables: Int32Array | undefined;

/** Table s has at b what byte b does to the sum when s more bytes follow it. */
function makeTables(): Int32Array {
  const made = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ POLYNOMIAL : sum >>> 1;
    made[byte] = sum;
  }
  for (let at = 256; at < made.length; at++) made[at] = (made[at - 256] >>> 8) ^ made[made[at - 256] & 255];
  return made;
}

/** The checksum of `bytes`; of bytes that follow others, where `before` is the checksum of those. From 0 to 2^32 − 1. */
export function crc32(bytes: Uint8Array, before = 0): number {
  tables ??= makeTables();
  let sum = ~before;
  for (let from = 0; from < bytes.length; from += PIECE) {
    sum = addPiece(tables, bytes, from, Math.min(bytes.length - from, PIECE), sum);
  }
  return ~sum >>> 0;
}

function addPiece(t: Int32Array, bytes: Uint8Array, from: number, length: number, sum: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + from, length);
  const whole = length - (length % 8);
  for (let at = 0; at < whole; at += 8) {
    const low = sum ^ view.getInt32(at, true);
    const high = view.getInt32(at + 4, true);
    sum = t[1792 + (low & 255)] ^ t[1536 + ((low >>> 8) & 255)] ^ t[1280 + ((low >>> 16) & 255)] ^ t[1024 + (low >>> 24)]
      ^ t[768 + (high & 255)] ^ t[512 + ((high >>> 8) & 255)] ^ t[256 + ((high >>> 16) & 255)] ^ t[high >>> 24];
  }
  for (let at = whole; at < length; at++) sum = (sum >>> 8) ^ t[(sum ^ view.getUint8(at)) & 255];
  return sum;
}
