import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Mistake } from "../support/program";

/** The content of an IDX file: an array of bytes of any number of axes. */
export interface IdxFile {
  /** Sizes of the axes, the slowest first: [images, height, width]. */
  shape: number[];
  data: Uint8Array;
}

/** Codes of the third byte. */
const TYPES: Record<number, string> = {
  0x08: "unsigned bytes", 0x09: "signed bytes", 0x0b: "16-bit integers", 0x0c: "32-bit integers", 0x0d: "32-bit floats", 0x0e: "64-bit floats",
};
const UNSIGNED_BYTES = 0x08;
/** Bytes that a packed file may unpack to. */
const LARGEST = 2 ** 31;

/**
 * Reads an IDX file of unsigned bytes, plain or gzip: two zero bytes, the type, the number of axes, their sizes as 32-bit
 * integers (the highest byte first), the data. http://yann.lecun.com/exdb/mnist/
 */
export function readIdx(path: string, axes: "images" | "labels"): IdxFile {
  const bytes = unpack(path, read(path));
  const wrong = (reason: string) => new Mistake(`${path}: not an IDX file of ${axes}: ${reason}`);
  if (bytes.length < 4) throw wrong(`it has ${bytes.length} bytes, the head alone has 4`);
  if (bytes[0] !== 0 || bytes[1] !== 0 || TYPES[bytes[2]] === undefined) {
    throw wrong(`it starts with the bytes ${[...bytes.subarray(0, 4)].join(" ")}, expected 0 0 8 ${axes === "labels" ? "1" : "3"}`);
  }
  if (bytes[2] !== UNSIGNED_BYTES) throw wrong(`it holds ${TYPES[bytes[2]]}, expected unsigned bytes`);
  const rank = bytes[3];
  if (axes === "labels" ? rank !== 1 : rank < 2) throw wrong(`it has ${rank} ${rank === 1 ? "axis" : "axes"}, expected ${axes === "labels" ? "1" : "3"}`);
  const start = 4 + rank * 4;
  if (bytes.length < start) throw wrong("it ends within the sizes of its axes");
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + axis * 4));
  const size = shape.reduce((product, n) => product * n, 1);
  if (size === 0) throw wrong(`its size is ${shape.join(" × ")}: it is empty`);
  if (bytes.length - start !== size) {
    const how = bytes.length - start < size ? "is cut off" : "has too much";
    throw wrong(`it ${how}: ${shape.join(" × ")} bytes are ${size}, the file has ${bytes.length - start}`);
  }
  return { shape, data: bytes.subarray(start) };
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = { ENOENT: "there is no such file", EISDIR: "it is a folder", EACCES: "it may not be read" };
    throw new Mistake(`${path}: ${reasons[code ?? ""] ?? message}`);
  }
}

function unpack(path: string, bytes: Uint8Array): Uint8Array {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!isGzip) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: LARGEST });
  } catch (error) {
    throw new Mistake(`${path}: its gzip is damaged or cut off (${(error as Error).message})`);
  }
}
