import { DeltawasmError } from "../core/errors";
import { readBytes, type Source } from "./bytes";

/** The arrays that an IDX file can hold. */
export type IdxData = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** What an IDX file holds. */
export interface Idx {
  /** Sizes of the axes, the slowest first: [images, height, width]. */
  shape: number[];
  /** The numbers, row by row. */
  data: IdxData;
}

interface Type {
  bytes: number;
  read(view: DataView, from: number, count: number): IdxData;
}

/** Big-endian numbers of several bytes. */
function wide<Data extends IdxData>(bytes: number, create: (count: number) => Data, get: (view: DataView, at: number) => number): Type {
  return {
    bytes,
    read(view, from, count) {
      const data = create(count);
      for (let n = 0; n < count; n++) data[n] = get(view, from + n * bytes);
      return data;
    },
  };
}

/** By the third byte of the file. */
const TYPES: Readonly<Record<number, Type>> = {
  0x08: { bytes: 1, read: ({ buffer, byteOffset }, from, count) => new Uint8Array(buffer as ArrayBuffer, byteOffset + from, count) },
  0x09: { bytes: 1, read: ({ buffer, byteOffset }, from, count) => new Int8Array(buffer as ArrayBuffer, byteOffset + from, count) },
  0x0b: wide(2, (count) => new Int16Array(count), (view, at) => view.getInt16(at)),
  0x0c: wide(4, (count) => new Int32Array(count), (view, at) => view.getInt32(at)),
  0x0d: wide(4, (count) => new Float32Array(count), (view, at) => view.getFloat32(at)),
  0x0e: wide(8, (count) => new Float64Array(count), (view, at) => view.getFloat64(at)),
};

/**
 * Reads a file in IDX, the format of MNIST and its like, plain or gzip: two zero bytes, a type, the number of axes, their sizes as 32-bit integers
 * with the highest byte first, the numbers. http://yann.lecun.com/exdb/mnist/
 *
 * @throws DeltawasmError `file` where it is no IDX file, is cut off or has too much; `empty` where an axis is 0; `type`; what the source
 * throws, as it is
 *
 * @example const { shape: [count, height, width], data } = await readIdx(createReadStream("train-images-idx3-ubyte.gz"));
 */
export async function readIdx(source: Source): Promise<Idx> {
  const bytes = await readBytes("idx", source);
  const wrong = (reason: string) => new DeltawasmError("file", `idx: not an IDX file: ${reason}`);
  if (bytes.length < 4) throw wrong(`it has ${bytes.length} bytes, and its head alone has 4`);
  const type = TYPES[bytes[2]];
  if (bytes[0] !== 0 || bytes[1] !== 0 || !type || bytes[3] === 0) {
    throw wrong(`it starts with the bytes ${bytes.subarray(0, 4).join(" ")}, expected 0 0, a type (8 for unsigned bytes), a number of axes`);
  }
  const rank = bytes[3];
  const start = 4 + rank * 4;
  if (bytes.length < start) throw wrong(`it ends within the sizes of its ${rank} axes`);
  const view = new DataView(bytes.buffer);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + axis * 4));
  const size = shape.reduce((product, n) => product * n, 1);
  if (size === 0) throw new DeltawasmError("empty", `idx: expected numbers, got a size of ${shape.join(" × ")}`);
  const there = bytes.length - start;
  if (there !== size * type.bytes) {
    throw wrong(`it ${there < size * type.bytes ? "is cut off" : "has too much"}: ${shape.join(" × ")} numbers of ${type.bytes} bytes are ${size * type.bytes} bytes, and it has ${there}`);
  }
  return { shape, data: type.read(view, start, size) };
}
